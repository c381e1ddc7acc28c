// The result of getTcpInfo on any system.
import type { DarwinTcpInfo } from "./darwin-types";
import type { LinuxTcpInfo } from "./linux-types";

/**
 * TCP_INFO of one connection, as the kernel sees it: {@link LinuxTcpInfo} or {@link DarwinTcpInfo}, discriminated
 * by `platform`.
 *
 * The properties of `PortableTcpInfo` need no `if`. For a property that only one system has, such as `minRttMs`,
 * check `info.platform === "linux"` first: TypeScript shows only the properties that all members of a union have.
 */
export type TcpInfo = LinuxTcpInfo | DarwinTcpInfo;
