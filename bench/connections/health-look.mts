// Makes a watcher of watchHealth look at once, instead of by its timer.

/** Returns a function that makes the watcher look at all connections, and waits for the look's end. */
export function captureLook(watch: () => unknown): () => Promise<void> {
  let run = (): void => {};
  let finished = (): void => {};
  const { setTimeout: real } = globalThis;
  const capture = (): void => {
    globalThis.setTimeout = ((callback: () => void) => {
      globalThis.setTimeout = real;
      run = callback;
      finished();
      return { unref: () => {} };
    }) as unknown as typeof setTimeout;
  };
  capture();
  watch();
  return () =>
    new Promise((resolve) => {
      finished = resolve;
      capture();
      run();
    });
}
