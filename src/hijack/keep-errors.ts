// Errors that an emitter reports before its new owner listens for them.
import type { EventEmitter } from "node:events";

/**
 * Keeps an `'error'` that no listener added from now on hears, and emits it again as soon as there is one. Until then it neither gets
 * lost nor ends the process. Returns a function that stops this.
 */
export function keepErrors(emitter: EventEmitter): () => void {
  // Node's own on TLS sockets, and those of earlier owners.
  const earlier = emitter.listeners("error");
  const isHeard = (): boolean => {
    return emitter.listeners("error").some((listener) => listener !== keep && !earlier.includes(listener));
  };
  let kept: Error | undefined;
  const keep = (error: Error): void => {
    // pipe() adds a listener that runs first, removes itself, and expects others to hear the error.
    if (!isHeard()) kept = error;
  };
  const repeat = (): void => {
    const error = kept;
    if (!error || !isHeard()) return;
    kept = undefined;
    emitter.emit("error", error);
  };
  const onNewListener = (event: string | symbol): void => {
    if (event === "error" && kept) process.nextTick(repeat);
  };
  emitter.on("error", keep).on("newListener", onNewListener);
  return () => void emitter.off("error", keep).off("newListener", onNewListener);
}
