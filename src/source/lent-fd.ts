// Deno's handles hide their descriptor, but lend a duplicate. While it is open, the connection stays open, too. So it
// is closed before the call that asked for it returns.
import { loadAddon } from "../addon/load";
import { Failure } from "../errors";
import { otherRuntime } from "../runtime";

/** Deno's handles. The handle of a TLS socket has the one of its TCP socket. */
interface LendingHandle {
  readonly fdForIpc?: () => unknown;
  readonly _nativeTcpHandle?: LendingHandle;
}

/** Whether each descriptor costs one more, until the function of {@link closingLentFds} returns. */
export const isLending: boolean = otherRuntime() === "Deno";

/** Open duplicates. It is `undefined` while no function runs that would close them. */
let lent: number[] | undefined;

/**
 * Makes a function that may use the descriptors of sockets on Deno, and closes all that were lent to it, also if it
 * throws. On other runtimes, returns the function itself.
 */
export function closingLentFds<Parameters extends unknown[], Result>(
  use: (...parameters: Parameters) => Result,
): (...parameters: Parameters) => Result {
  if (!isLending) return use;
  return (...parameters) => {
    // The outermost function closes them.
    if (lent) return use(...parameters);
    lent = [];
    try {
      return use(...parameters);
    } finally {
      const fds = lent;
      lent = undefined;
      closeAll(fds);
    }
  };
}

/** `undefined` if the runtime is not Deno, the handle has no descriptor, or nothing would close the duplicate. */
export function lendFd(handle: unknown): number | undefined {
  if (!isLending || !lent) return undefined;
  const lender = handle as LendingHandle | null | undefined;
  const fd = (lender?._nativeTcpHandle ?? lender)?.fdForIpc?.();
  if (typeof fd !== "number" || fd < 0) return undefined;
  lent.push(fd);
  return fd;
}

function closeAll(fds: readonly number[]): void {
  const binding = loadAddon();
  // Whoever uses descriptors has loaded the native module.
  if (!(binding instanceof Failure)) for (const fd of fds) binding.closeDescriptor(fd);
}
