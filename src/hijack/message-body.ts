// The body of an HTTP/1.1 request whose parser was stopped behind the headers: bytes → its data, its trailers and its end, and
// the way back from what was decoded to what came. No sockets, no streams. As strict as Node's parser, because what comes behind
// the body is a request again: who disagrees with it on the end can be made to see requests that nobody sent.
import type { IncomingMessage } from "node:http";
import { ChunkedFraming } from "./chunked-framing";
import { ParseError } from "./parse-error";
import type { TrailerLimits } from "./trailer-section";
import { UnreadBytes } from "./unread-bytes";

/** How a request's body ends. */
export type Framing = { readonly kind: "length"; readonly lengthBytes: number } | { readonly kind: "chunked" };

const NO_BODY: Framing = { kind: "length", lengthBytes: 0 };

/**
 * From the headers that Node's parser has accepted. `undefined` where they do not tell, and the request must be left to that
 * parser: it may have left headers out, as they are more than `parser.maxHeaderPairs` (0: no limit; CVE-2026-58044, not in all
 * versions), or will refuse the request for its Transfer-Encoding as soon as the handler has returned.
 */
export function framingOf(
  { method, rawHeaders }: Pick<IncomingMessage, "method" | "rawHeaders">,
  maxHeaderPairs: number,
): Framing | undefined {
  if (maxHeaderPairs > 0 && rawHeaders.length >= maxHeaderPairs) return undefined;
  if (method === "CONNECT") return NO_BODY;
  // Transfer-Encoding goes first: a server with `insecureHTTPParser` accepts both. A tab behind "chunked", for which Node refuses
  // the request, is not seen here.
  const codings = lastHeader(rawHeaders, "transfer-encoding");
  if (codings !== undefined) return /(?:^|,)[\t ]*chunked$/i.test(codings) ? { kind: "chunked" } : undefined;
  const length = lastHeader(rawHeaders, "content-length");
  return length === undefined ? NO_BODY : { kind: "length", lengthBytes: Number(length) };
}

/** Not from `request.headers`: middlewares delete from those what they have dealt with. */
function lastHeader(rawHeaders: readonly string[], name: string): string | undefined {
  const at = rawHeaders.findLastIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  return at === -1 ? undefined : rawHeaders[at + 1];
}

type ReadFraming = Pick<ChunkedFraming, "isComplete" | "rawTrailers" | "read">;

export class MessageBody {
  readonly #framing: ReadFraming;
  readonly #unread = new UnreadBytes();
  #ungivenBytes = 0;
  #isHandedOver = false;

  constructor(framing: Framing, limits: TrailerLimits) {
    this.#framing = framing.kind === "chunked" ? new ChunkedFraming(limits) : new LengthFraming(framing.lengthBytes);
  }

  get isComplete(): boolean {
    return this.#framing.isComplete;
  }

  /** As `request.rawTrailers`, for `request._addHeaderLines`; all of them once the body is complete. */
  get rawTrailers(): string[] {
    return this.#framing.rawTrailers;
  }

  /**
   * How many bytes are kept for `head`. Where chunks are tiny and their extensions long, that is far more than the decoded
   * data: stop reading when this is too much and the reader has data that it could take.
   */
  get keptBytes(): number {
    return this.#unread.keptBytes;
  }

  /**
   * Gives `sink` each piece of data of the segment, without copying. Returns how many bytes of the segment belong to the body;
   * what is behind belongs to the next message. After an error the body must not be read any more; data before it was given.
   */
  read(segment: Uint8Array, sink: (data: Uint8Array) => void): number | ParseError {
    const pieces: Uint8Array[] = [];
    const length = this.#framing.read(segment, (start, end) => {
      this.#unread.addData(start, end);
      this.#ungivenBytes += end - start;
      pieces.push(segment.subarray(start, end));
    });
    this.#unread.addSegment(typeof length === "number" ? segment.subarray(0, length) : segment);
    if (this.isComplete) this.#unread.complete();
    this.#give(pieces, sink);
    return length;
  }

  /** When all is remembered: whoever gets a piece may ask for the head, and is given nothing more then. */
  #give(pieces: readonly Uint8Array[], sink: (data: Uint8Array) => void): void {
    for (const piece of pieces) {
      if (this.#isHandedOver) return;
      this.#ungivenBytes -= piece.length;
      sink(piece);
    }
  }

  /** The error of a connection that ends here, if the body does not. */
  end(): ParseError | undefined {
    return this.isComplete ? undefined : new ParseError(["HPE_INVALID_EOF_STATE", "Invalid EOF state"], 0);
  }

  /** The reader has taken all but `untakenBytes` (`request.readableLength`) of the data that `sink` was given. */
  forget(untakenBytes: number): void {
    this.#unread.forget(untakenBytes + this.#ungivenBytes);
  }

  /**
   * What came of the body and was not read, as it came; unread-bytes.ts says where that begins. `endSeen` is
   * `request.readableEnded`: the only sign that an empty body was read.
   */
  head(untakenBytes: number, endSeen: boolean): Buffer {
    this.#isHandedOver = true;
    this.#unread.forget(untakenBytes + this.#ungivenBytes, endSeen);
    return this.#unread.toBuffer();
  }
}

class LengthFraming implements ReadFraming {
  readonly rawTrailers: string[] = [];
  #bytesLeft: number;

  constructor(lengthBytes: number) {
    this.#bytesLeft = lengthBytes;
  }

  get isComplete(): boolean {
    return this.#bytesLeft === 0;
  }

  read(segment: Uint8Array, onData: (start: number, end: number) => void): number {
    const end = Math.min(segment.length, this.#bytesLeft);
    if (end > 0) onData(0, end);
    this.#bytesLeft -= end;
    return end;
  }
}
