// The public names of `sockinfo/logging`, and no logic.
export { describeConnection } from "./describe-connection";
export { describeTcp } from "./describe-tcp";
export { serializers } from "./serializers";
export type { ConnectionDescription, TcpDescription } from "./types";
