// This process, as far as sockinfo can tell, on an Intel Mac: `process.platform`, a `process.dlopen` that takes Mach-O bundles,
// and below the bundle a kernel that is a function. A setup file: before the tests.
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
  /** The first three numbers that the call is given, under the names that they have for getsockopt. 0 where there are fewer. */
  readonly fd: number;
  readonly level: number;
  readonly option: number;
  /** How much room the caller has, or how much it gives, in bytes. */
  readonly capacity: number;
  /** The address of bind(), the path of fchmodat(). */
  readonly given?: Uint8Array | undefined;
}

/**
 * What macOS answers: an error number of its own, or bytes, whose length is what it reports. What the calls return that give a number is
 * in the bytes; 0 where there are none.
 */
export type Kernel = (call: SystemCall) => number | Uint8Array;

interface FakeMacAddon {
  load(path: string, kernel: (...call: unknown[]) => number | Uint8Array): object;
}

let current: Kernel = () => {
  throw new Error("the test gives no kernel");
};

export function useKernel(kernel: Kernel): void {
  current = kernel;
}

const addon: FakeMacAddon = createRequire(import.meta.url)(fakeMacAddon);
const dlopenOfLinux = process.dlopen.bind(process);

/** An addon of this machine, as the process would load it if it were not on a Mac. */
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
