// The lowest possible cost: the same system calls in a loop in C (../native/c_loop.cc), in this process and on the
// same descriptors.
import type { Socket } from "node:net";
import { native } from "../native/load.mts";

type NativeLoop = (fds: Int32Array, count: number) => number;

/** Makes `count` calls, on each descriptor in turn. Returns the nanoseconds of CPU time per call. */
export type CLoop = (fds: number | readonly number[] | Int32Array, count: number) => number;

/** getsockopt(TCP_INFO). */
export const loopTcpInfo: CLoop = wrap("loopTcpInfo");
/** getsockopt(SO_PEERCRED). */
export const loopPeerCred: CLoop = wrap("loopPeerCred");
/** getpeername, getsockopt(SO_PEERCRED) and getsockopt(SO_PEERGROUPS): the three calls that sockinfo makes. */
export const loopPeerIdentity: CLoop = wrap("loopPeerIdentity");
/** getsockopt(TCP_CONGESTION). */
export const loopCongestionName: CLoop = wrap("loopCongestionName");
/** getsockopt(TCP_CONGESTION) and getsockopt(TCP_CC_INFO). */
export const loopCongestion: CLoop = wrap("loopCongestion");
/** The fifteen calls of getSocketOptions. */
export const loopSocketOptions: CLoop = wrap("loopSocketOptions");
/** getsockopt(SO_MEMINFO). */
export const loopSocketMemory: CLoop = wrap("loopSocketMemory");
/** The four calls of getQueuedBytes. */
export const loopSocketQueues: CLoop = wrap("loopSocketQueues");
/** The four calls of getMptcpInfo. */
export const loopMptcpInfo: CLoop = wrap("loopMptcpInfo");

function wrap(name: string): CLoop {
  const loop = native[name] as NativeLoop;
  return (fds, count) => {
    const result = loop(
      fds instanceof Int32Array ? fds : Int32Array.of(...(typeof fds === "number" ? [fds] : fds)),
      count,
    );
    if (result < 0) throw new Error(`${name} failed, errno ${-result}`);
    return result;
  };
}

/** Finds the descriptor without sockinfo. It is valid as long as the socket is open. */
export function fdOfSocket(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}
