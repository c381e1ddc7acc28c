// The public names of `sockinfo/hijack`. No logic here. Everything in this folder imports the core from ../core only.
export { enableHijack } from "./enable-hijack";
export { hijack } from "./hijack";
export { release } from "./release";
export { requestHijack } from "./request-hijack";
export type { ClientHijacked, EnableHijackOptions, Hijacked } from "./types";
