// Keeps the errors that an emitter reports before its new owner listens for them.
import type { EventEmitter } from "node:events";

type ErrorListener = (this: EventEmitter, error: Error) => void;

/**
 * Keeps an `'error'` as long as no new listener for it exists, and then passes it to the first ones. Meanwhile the
 * error neither gets lost nor ends the process. Listeners that are there now do not count. Returns a function that
 * stops this.
 */
export function keepErrors(emitter: EventEmitter): () => void {
  const listeners = (): ErrorListener[] => emitter.rawListeners("error") as ErrorListener[];
  // Node's own on TLS sockets, and those of earlier owners. These have received the error already.
  const earlier = listeners();
  const ofOwner = (): ErrorListener[] =>
    listeners().filter((listener) => listener !== keep && !earlier.includes(listener));
  let kept: Error | undefined;
  const keep = (error: Error): void => {
    // pipe() adds a listener that runs first and removes itself. It expects another listener to handle the error.
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
