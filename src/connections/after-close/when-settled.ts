// Waits until all closed connections have their outcome, or a time is over.
import type { AfterClose } from "./after-close";

/** Resolves to the number of closed connections without an outcome. Keeps the process alive until then. */
export function whenSettled(afterClose: AfterClose, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    if (afterClose.unsettled === 0) return resolve(0);
    const finish = () => {
      clearTimeout(timer);
      callOff();
      resolve(afterClose.unsettled);
    };
    const timer = setTimeout(finish, timeoutMs);
    const callOff = afterClose.onSettled(finish);
  });
}
