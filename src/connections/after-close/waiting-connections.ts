// The closed connections that wait for their end, by cookie, the oldest first.

interface Cookied {
  readonly cookie: bigint;
}

/**
 * A Map that has seen many deletions keeps its former tables, and what was in them, until the next full collection:
 * src/linked-list.ts says why. So the Map has only boxes, which are emptied.
 */
export class WaitingConnections<T extends Cookied> implements Iterable<T> {
  readonly #boxes = new Map<bigint, { content: T | undefined }>();

  get size(): number {
    return this.#boxes.size;
  }

  get(cookie: bigint): T | undefined {
    return this.#boxes.get(cookie)?.content;
  }

  /** No other one with the same cookie may be in it. */
  add(waiting: T): void {
    this.#boxes.set(waiting.cookie, { content: waiting });
  }

  /** False for one that is not in it. */
  delete({ cookie }: T): boolean {
    const box = this.#boxes.get(cookie);
    if (box === undefined) return false;
    box.content = undefined;
    return this.#boxes.delete(cookie);
  }

  *[Symbol.iterator](): Generator<T, undefined> {
    for (const { content } of this.#boxes.values()) if (content !== undefined) yield content;
  }
}
