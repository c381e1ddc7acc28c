// A list in the order of addition, for what comes and goes all the time. It is in place of a Set. When a Set has seen
// many deletions, it moves to a new table, and V8 lets the old table refer to the new one. Once such a table is in the
// old generation, it keeps each later table, and what was in it, until the next full collection. A server with a new
// connection for each request would keep a third of them, with their sockets.

/** What a member must have. Only the list changes it. */
export interface ListMember<T> {
  older: T | undefined;
  newer: T | undefined;
}

/** A member is in one list at most. */
export class LinkedList<T extends ListMember<T>> implements Iterable<T> {
  #oldest: T | undefined;
  #newest: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(member: T): boolean {
    return member === this.#oldest || member.older !== undefined;
  }

  add(member: T): void {
    member.older = this.#newest;
    if (this.#newest) this.#newest.newer = member;
    else this.#oldest = member;
    this.#newest = member;
    this.#size++;
  }

  /** Does nothing for one that is no member. */
  delete(member: T): void {
    if (!this.has(member)) return;
    const { older, newer } = member;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    member.older = undefined;
    member.newer = undefined;
    this.#size--;
  }

  toArray(): T[] {
    const all: T[] = [];
    for (let member = this.#oldest; member !== undefined; member = member.newer) all.push(member);
    return all;
  }

  /** The members of the moment in which it begins, the oldest first. Those that are deleted meanwhile are left out. */
  *[Symbol.iterator](): Generator<T, undefined> {
    for (const member of this.toArray()) if (this.has(member)) yield member;
  }
}
