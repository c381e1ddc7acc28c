// The bytes of a body as they came, back to the oldest that its reader has not taken: for the head of a connection that is
// hijacked before its body was read. Pure. Used by message-body.ts.

/** Data without framing in it. Offsets count from the beginning of the body, in what came and in what was decoded of it. */
interface Piece {
  readonly decodedStart: number;
  readonly decodedEnd: number;
  readonly rawEnd: number;
}

interface Segment {
  readonly bytes: Uint8Array;
  readonly rawEnd: number;
}

export class UnreadBytes {
  readonly #segments = new Queue<Segment>();
  readonly #pieces = new Queue<Piece>();
  #rawEnd = 0;
  #decodedEnd = 0;
  /** Right behind the last byte that was taken; in `#segments` nothing is from before. */
  #rawPosition = 0;
  #isComplete = false;

  /** How much is kept: more than the decoded data, where chunks are small. */
  get keptBytes(): number {
    return this.#rawEnd - this.#rawPosition;
  }

  /** Data of the segment that `addSegment` is called with next. */
  addData(start: number, end: number): void {
    const decodedStart = this.#decodedEnd;
    this.#decodedEnd += end - start;
    this.#pieces.push({ decodedStart, decodedEnd: this.#decodedEnd, rawEnd: this.#rawEnd + end });
  }

  /** What belongs to the body of a segment, framing and data. */
  addSegment(bytes: Uint8Array): void {
    this.#rawEnd += bytes.length;
    this.#segments.push({ bytes, rawEnd: this.#rawEnd });
  }

  complete(): void {
    this.#isComplete = true;
  }

  /**
   * Forgets what the reader has taken: all but the last `untakenBytes` of the decoded data.
   *
   * A reader that has taken nothing, nor seen the end, has not begun: all is kept, the line of the first chunk, too. Later the
   * position is right behind the last byte that was taken; the rest of that chunk's framing, if only its CRLF, is unread. Once
   * the body is complete and all its data taken, its end has been read as well.
   */
  forget(untakenBytes: number, endSeen = false): void {
    const taken = this.#decodedEnd - untakenBytes;
    if (taken <= 0 && !endSeen) return;
    this.#rawPosition = Math.max(this.#rawPosition, this.#rawBehind(taken));
    while ((this.#segments.first?.rawEnd ?? Infinity) <= this.#rawPosition) this.#segments.dropFirst();
  }

  /** The bytes behind those that are forgotten, up to the last segment. A copy. */
  toBuffer(): Buffer {
    const kept = this.#segments.all().map(({ bytes, rawEnd }) => {
      return bytes.subarray(Math.max(0, this.#rawPosition - (rawEnd - bytes.length)));
    });
    return Buffer.concat(kept);
  }

  #rawBehind(taken: number): number {
    if (this.#isComplete && taken === this.#decodedEnd) return this.#rawEnd;
    let position = this.#rawPosition;
    for (let piece = this.#pieces.first; piece && piece.decodedEnd <= taken; piece = this.#pieces.first) {
      position = piece.rawEnd;
      this.#pieces.dropFirst();
    }
    const next = this.#pieces.first;
    return next && next.decodedStart < taken ? next.rawEnd - (next.decodedEnd - taken) : position;
  }
}

/** `Array.shift()` moves all that is behind, which takes long where there are many. */
class Queue<Item> {
  #items: Item[] = [];
  #start = 0;

  get first(): Item | undefined {
    return this.#items[this.#start];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  dropFirst(): void {
    this.#start += 1;
    if (this.#start * 2 < this.#items.length) return;
    this.#items = this.all();
    this.#start = 0;
  }

  all(): Item[] {
    return this.#items.slice(this.#start);
  }
}
