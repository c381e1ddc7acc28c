// The public names of `sockinfo/unix`. No logic here. Files of this folder import the core from src/core.ts only.
export { allowPeers, type AllowPeersOptions } from "./peers/allow-peers";
export type { PeerGate, PeerGateEvents } from "./peers/peer-gate";
export { describePeer } from "./peers/describe-peer";
export { lookUpGroupId, lookUpUserId } from "./names/look-up-ids";
export { lookUpPeerNames, type PeerNames } from "./names/look-up-peer-names";
export type { ListenUnixOptions } from "./listen/listen-options";
export { listenUnix } from "./listen/listen-unix";
export type { PeerRefusal } from "./peers/peer-refusal";
export type { PeerRule, RefusalReason } from "./peers/peer-rule";
export { type PeerMiddleware, requirePeer, type RequirePeerOptions } from "./peers/require-peer";
export { type UnixListener, getUnixListener, getUnixListeners } from "./listen/get-unix-listener";
