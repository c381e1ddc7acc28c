// The fields behind the last chunk, and the empty line that ends the message. Used by chunked-framing.ts, a byte at a time; as
// strict as llhttp is.
import { COLON, CR, HTAB, isFieldContent, isToken, LF, SP } from "./octets";
import type { Refusal } from "./parse-error";

type State = "start" | "name" | "space" | "value" | "line feed" | "last line feed" | "done";

export interface TrailerLimits {
  /** As in Node: names and values together must be less. `server.maxHeaderSize || http.maxHeaderSize`. */
  readonly maxTrailerBytes: number;
  /** As many names and values may come. 0: no limit. Node 20 leaves out what is more. `parser.maxHeaderPairs`. */
  readonly maxTrailerPairs: number;
}

const INVALID_NAME: Refusal = ["HPE_INVALID_HEADER_TOKEN", "Invalid header token"];
const INVALID_VALUE: Refusal = ["HPE_INVALID_HEADER_TOKEN", "Invalid header value char"];
const CR_EXPECTED: Refusal = ["HPE_CR_EXPECTED", "Missing expected CR after header value"];
const LF_EXPECTED: Refusal = ["HPE_LF_EXPECTED", "Missing expected LF after header value"];
const LF_OF_EMPTY_EXPECTED: Refusal = ["HPE_STRICT", "Expected LF after CR"];
const LAST_LF_EXPECTED: Refusal = ["HPE_STRICT", "Expected LF after headers"];
const OVERFLOW: Refusal = ["HPE_HEADER_OVERFLOW", "Header overflow"];

/**
 * What would change the framing of the message that they end. `Connection: close` is a trailer like others: Node's parser takes
 * no further request after it, here that is up to the server.
 */
const FORBIDDEN: Readonly<Record<string, Refusal>> = {
  "content-length": ["HPE_INVALID_CONTENT_LENGTH", "Content-Length can't be present with Transfer-Encoding"],
  "transfer-encoding": ["HPE_INVALID_TRANSFER_ENCODING", "Invalid `Transfer-Encoding` header value"],
};

export class TrailerSection {
  /** As in `request.rawTrailers`. */
  readonly raw: string[] = [];
  readonly #limits: TrailerLimits;
  #state: State = "start";
  #bytes = 0;
  #name: number[] = [];
  #value: number[] = [];

  constructor(limits: TrailerLimits) {
    this.#limits = limits;
  }

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Takes the next byte of the section, up to and with its last LF. */
  step(byte: number): Refusal | undefined {
    switch (this.#state) {
      case "start":
        return byte === CR ? this.#enter("last line feed") : this.#beginName(byte);
      case "name":
        return byte === COLON ? this.#endName() : this.#addToName(byte);
      case "space":
        return byte === SP || byte === HTAB ? undefined : this.#inValue(byte, INVALID_VALUE);
      case "value":
        return this.#inValue(byte, CR_EXPECTED);
      case "line feed":
        if (byte === LF) return this.#endField();
        return this.#value.length > 0 ? LF_EXPECTED : LF_OF_EMPTY_EXPECTED;
      default:
        return byte === LF ? this.#enter("done") : LAST_LF_EXPECTED;
    }
  }

  #beginName(byte: number): Refusal | undefined {
    const { maxTrailerPairs } = this.#limits;
    const isFull = maxTrailerPairs > 0 && this.raw.length >= maxTrailerPairs;
    return isFull && isToken[byte] ? OVERFLOW : this.#addToName(byte);
  }

  #addToName(byte: number): Refusal | undefined {
    return isToken[byte] ? this.#add(byte, this.#name, "name") : INVALID_NAME;
  }

  #endName(): Refusal | undefined {
    return FORBIDDEN[textOf(this.#name).toLowerCase()] ?? this.#enter("space");
  }

  #inValue(byte: number, bareLineFeed: Refusal): Refusal | undefined {
    if (byte === CR) return this.#enter("line feed");
    if (byte === LF) return bareLineFeed;
    return isFieldContent[byte] ? this.#add(byte, this.#value, "value") : INVALID_VALUE;
  }

  /** A value that goes on in the next line is refused there: a name does not begin with a space. */
  #endField(): undefined {
    this.raw.push(textOf(this.#name), textOf(this.#value).replace(/[\t ]+$/, ""));
    this.#name = [];
    this.#value = [];
    this.#enter("start");
  }

  #add(byte: number, bytes: number[], state: State): Refusal | undefined {
    bytes.push(byte);
    this.#bytes += 1;
    return this.#bytes >= this.#limits.maxTrailerBytes ? OVERFLOW : this.#enter(state);
  }

  #enter(state: State): undefined {
    this.#state = state;
  }
}

function textOf(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString("latin1");
}
