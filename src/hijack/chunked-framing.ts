// Where the data is in a chunked body, and where the body ends. Pure. Used by message-body.ts.
import { ChunkLine } from "./chunk-line";
import { CR, LF } from "./octets";
import { ParseError, type Refusal } from "./parse-error";
import { type TrailerLimits, TrailerSection } from "./trailer-section";

type State = "chunk line" | "data" | "carriage return" | "line feed" | "trailers" | "complete";

/**
 * The only thing that is refused here and not by Node: zeros before a size, semicolons or spaces without an end, which would
 * have to be kept for the case that the connection is hijacked. All that is within Node's own limits needs less.
 */
const MAX_PADDING_BYTES = 65_536;
const TOO_MUCH_PADDING: Refusal = ["HPE_HEADER_OVERFLOW", "Header overflow"];

const CR_EXPECTED: Refusal = ["HPE_CR_EXPECTED", "Missing expected CR after chunk data"];
const CRLF_EXPECTED: Refusal = ["HPE_STRICT", "Expected LF after chunk data"];

export class ChunkedFraming {
  readonly #maxFramingBytes: number;
  readonly #trailers: TrailerSection;
  #state: State = "chunk line";
  #line = new ChunkLine();
  #dataBytesLeft = 0;
  /** Since the last byte of data. */
  #framingBytes = 0;

  constructor(limits: TrailerLimits) {
    // A trailer of two bytes, "a:b", takes five; one of one byte, four.
    this.#maxFramingBytes = MAX_PADDING_BYTES + 4 * limits.maxTrailerBytes;
    this.#trailers = new TrailerSection(limits);
  }

  get isComplete(): boolean {
    return this.#state === "complete";
  }

  get rawTrailers(): string[] {
    return this.#trailers.raw;
  }

  /** Tells `onData` where data is in the segment. Returns how many bytes of it belong to the body. */
  read(segment: Uint8Array, onData: (start: number, end: number) => void): number | ParseError {
    let at = 0;
    while (at < segment.length && !this.isComplete) {
      if (this.#state === "data") {
        const end = Math.min(segment.length, at + this.#dataBytesLeft);
        onData(at, end);
        this.#passData(end - at);
        at = end;
      } else {
        const refusal = this.#step(segment[at]!);
        if (refusal) return new ParseError(refusal, at);
        at += 1;
      }
    }
    return at;
  }

  #passData(bytes: number): void {
    this.#framingBytes = 0;
    this.#dataBytesLeft -= bytes;
    if (this.#dataBytesLeft === 0) this.#state = "carriage return";
  }

  #step(byte: number): Refusal | undefined {
    this.#framingBytes += 1;
    if (this.#framingBytes > this.#maxFramingBytes) return TOO_MUCH_PADDING;
    switch (this.#state) {
      case "chunk line":
        return this.#line.step(byte) ?? this.#endLine();
      case "carriage return":
        if (byte === LF) return CR_EXPECTED;
        return byte === CR ? this.#enter("line feed") : CRLF_EXPECTED;
      case "line feed":
        return byte === LF ? this.#enter("chunk line") : CRLF_EXPECTED;
      default:
        return this.#trailers.step(byte) ?? (this.#trailers.isDone ? this.#enter("complete") : undefined);
    }
  }

  #endLine(): undefined {
    if (!this.#line.isDone) return;
    this.#dataBytesLeft = this.#line.chunkBytes;
    this.#line = new ChunkLine();
    this.#enter(this.#dataBytesLeft === 0 ? "trailers" : "data");
  }

  #enter(state: State): undefined {
    this.#state = state;
  }
}
