// Keeps the errors that an emitter reports before its new owner listens for them.
import type { EventEmitter } from "node:events";

type ErrorListener = (this: EventEmitter, error: Error) => void;

/**
 * Keeps an `'error'` until there is a new listener for it, and then passes it to the first new ones. Meanwhile the
 * error neither gets lost nor ends the process. Listeners that exist at the call do not count as new. Returns a
 * function that stops this.
 */
export function keepErrors(emitter: EventEmitter): () => void {
  const listeners = (): ErrorListener[] => emitter.rawListeners("error") as ErrorListener[];
  // These are Node's own listeners on TLS sockets, and those of earlier owners. They receive the error anyway.
  const earlier = listeners();
  const ofOwner = (): ErrorListener[] =>
    listeners().filter((listener) => listener !== keep && !earlier.includes(listener));
  let kept: Error | undefined;
  const keep = (error: Error): void => {
    // pipe() adds a listener that runs first and removes itself, because another listener is to handle the error.
    if (ofOwner().length === 0) kept = error;
  };
  const passOn = (): void => {
    const newListeners = ofOwner();
    const error = kept;
    if (!error || newListeners.length === 0) return;
    kept = undefined;
    for (const listener of newListeners) listener.call(emitter, error);
  };
  const onNewListener = (event: string | symbol): void => {
    if (event === "error" && kept) process.nextTick(passOn);
  };
  emitter.on("error", keep).on("newListener", onNewListener);
  return () => void emitter.off("error", keep).off("newListener", onNewListener);
}
