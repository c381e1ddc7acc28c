// The public names of `sockinfo/unix`. No logic here. Everything in this folder imports the core from ../core only.
export { allowPeers, type AllowPeersOptions, type PeerGate, type PeerGateEvents } from "./allow-peers";
export { describePeer } from "./describe-peer";
export { getGroupId, getUserId } from "./ids";
export type { ListenUnixOptions } from "./listen-options";
export { listenUnix } from "./listen-unix";
export type { PeerRefusal } from "./peer-refusal";
export type { PeerRule, RefusalReason } from "./peer-rule";
export { type PeerMiddleware, requirePeer, type RequirePeerOptions } from "./require-peer";
export { type UnixListener, unixListener, unixListeners } from "./unix-listener";
