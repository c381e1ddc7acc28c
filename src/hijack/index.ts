// The public names of `sockinfo/hijack`. No logic here. Files of this folder import the core from src/core.ts only.
export { hijackClientRequest } from "./client/hijack-client-request";
export { enableHijack } from "./server/enable-hijack";
export { hijack } from "./server/hijack";
export { release } from "./server/release";
export type { ClientHijacked, Hijacked, ReleaseOptions } from "./types";
