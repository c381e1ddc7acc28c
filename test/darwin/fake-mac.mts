// A setup file that makes this process look like an Intel Mac to sockinfo: `process.platform` is "darwin",
// `process.dlopen` loads Mach-O bundles, and the bundle's system calls call a function, the kernel.
import { createRequire } from "node:module";
import { fakeMacAddon } from "./build.mts";

export interface SystemCall {
  readonly call:
    | "getsockopt"
    | "getpeername"
    | "getsockname"
    | "socket"
    | "bind"
    | "fcntl"
    | "flock"
    | "close"
    | "fchmodat";
  /** The first three numbers of the call, with the names of getsockopt's parameters. 0 if there are fewer. */
  readonly fd: number;
  readonly level: number;
  readonly option: number;
  /** The length of the caller's buffer, for answers or arguments, in bytes. */
  readonly capacity: number;
  /** The address of bind(), the path of fchmodat(). */
  readonly given?: Uint8Array | undefined;
}

/**
 * The answer of macOS: an error number of macOS, or bytes with the length that it reports. If the call returns a
 * number, the bytes hold it; no bytes mean 0.
 */
export type Kernel = (call: SystemCall) => number | Uint8Array;

interface FakeMacAddon {
  load(path: string, kernel: (...call: unknown[]) => number | Uint8Array): object;
}

let current: Kernel = () => {
  throw new Error("the test has not called useKernel()");
};

export function useKernel(kernel: Kernel): void {
  current = kernel;
}

const addon: FakeMacAddon = createRequire(import.meta.url)(fakeMacAddon);
const dlopenOfLinux = process.dlopen.bind(process);

/** Loads an addon of this machine, as the process would without the fake Mac. */
export function loadHere(path: string): unknown {
  const module = { exports: {} };
  dlopenOfLinux(module, path);
  return module.exports;
}

Object.defineProperty(process, "platform", { value: "darwin" });
process.dlopen = (module, path) => {
  (module as NodeJS.Module).exports = addon.load(path, (call, fd, level, option, capacity, given) =>
    current({ call, fd, level, option, capacity, given } as SystemCall),
  );
};
