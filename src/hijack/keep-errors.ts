// Errors that an emitter reports before its new owner listens for them.
import type { EventEmitter } from "node:events";

type ErrorListener = (this: EventEmitter, error: Error) => void;

/**
 * Keeps an `'error'` that no listener added from now on hears, and passes it to the first ones that are. Until then it
 * neither gets lost nor ends the process. Returns a function that stops this.
 */
export function keepErrors(emitter: EventEmitter): () => void {
  const listeners = (): ErrorListener[] => emitter.rawListeners("error") as ErrorListener[];
  // Node's own on TLS sockets, and those of earlier owners, who have heard the error already.
  const earlier = listeners();
  const ofOwner = (): ErrorListener[] =>
    listeners().filter((listener) => listener !== keep && !earlier.includes(listener));
  let kept: Error | undefined;
  const keep = (error: Error): void => {
    // pipe() adds a listener that runs first, removes itself, and expects others to hear the error.
    if (ofOwner().length === 0) kept = error;
  };
  const passOn = (): void => {
    const hearers = ofOwner();
    const error = kept;
    if (!error || hearers.length === 0) return;
    kept = undefined;
    for (const listener of hearers) listener.call(emitter, error);
  };
  const onNewListener = (event: string | symbol): void => {
    if (event === "error" && kept) process.nextTick(passOn);
  };
  emitter.on("error", keep).on("newListener", onNewListener);
  return () => void emitter.off("error", keep).off("newListener", onNewListener);
}
