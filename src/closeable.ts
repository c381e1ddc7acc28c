// The result of every function that switches something on.

/**
 * The result of a call that switches something on. It is a `Disposable`, so `using` closes it at the end of the block.
 * At the top level of a module, that is as soon as the module has run: use `const` there.
 */
export interface Closeable {
  /** Undoes what the call that returned this object did. Does nothing the second time. */
  close(): void;
  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void;
}

/** A Closeable that calls `undo` at its first `close()`. */
export function closeOnce(undo: () => void): Closeable {
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    undo();
  };
  return { close, [Symbol.dispose]: close };
}
