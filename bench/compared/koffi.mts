// getsockopt(TCP_INFO) by koffi's foreign function interface, into one reused Buffer.
import { isMissing, loadPackage, type Missing } from "./load.mts";

const IPPROTO_TCP = 6;
const TCP_INFO = 11;

interface Koffi {
  load(library: string): { func(prototype: string): (...parameters: unknown[]) => number };
}

/** Reads TCP_INFO of a descriptor. The view is as long as what the kernel wrote, and valid until the next call. */
export function loadKoffi(): ((fd: number) => DataView) | Missing {
  const koffi = loadPackage<Koffi>("koffi");
  if (isMissing(koffi)) return koffi;
  const getsockopt = koffi.load("libc.so.6").func("int getsockopt(int, int, int, void *, void *)");
  const bytes = Buffer.alloc(512);
  const length = Buffer.alloc(4);
  const words = new Uint32Array(length.buffer, length.byteOffset, 1);
  let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return (fd) => {
    words[0] = bytes.length;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, bytes, length) !== 0) throw new Error("getsockopt failed");
    if (view.byteLength !== words[0]) view = new DataView(bytes.buffer, bytes.byteOffset, words[0]);
    return view;
  };
}
