// The floor: ../native/c_loop.cc, the same system calls in C, in this process and on the same descriptors.
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildNative, modified } from "./build.mts";

type NativeLoop = (fds: Int32Array, count: number) => number;

/** Nanoseconds per call, over `count` calls that go round the descriptors. */
export type CLoop = (fds: number | readonly number[] | Int32Array, count: number) => number;

const FOLDER = join(import.meta.dirname, "../native");
const BINARY = join(FOLDER, "build/Release/c_loop.node");

if (modified(BINARY) < modified(join(FOLDER, "c_loop.cc"))) buildNative(FOLDER);
const native = createRequire(import.meta.url)(BINARY) as Record<string, NativeLoop>;

/** getsockopt(TCP_INFO). */
export const loopTcpInfo: CLoop = wrap("loopTcpInfo");
/** getsockopt(SO_PEERCRED). */
export const loopPeerCred: CLoop = wrap("loopPeerCred");
/** getpeername, getsockopt(SO_PEERCRED) and getsockopt(SO_PEERGROUPS): the three calls that sockinfo makes. */
export const loopPeerIdentity: CLoop = wrap("loopPeerIdentity");

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
