// The line before a chunk's data: its size in hexadecimal, and extensions, which are checked and then ignored. Used by
// chunked-framing.ts, a byte at a time; as strict as llhttp is.
import { BACKSLASH, CR, EQUALS, hexDigit, isFieldContent, isQuotedText, isToken, LF, QUOTE, SEMICOLON } from "./octets";
import type { Refusal } from "./parse-error";

type State = "size" | "extension" | "name" | "value" | "quoted" | "escaped" | "unquoted" | "line feed" | "done";

/** Names and values of one chunk's extensions: Node's `kMaxChunkExtensionsSize`. */
const MAX_EXTENSION_BYTES = 16_384;

/** llhttp counts in 64 bits. Doubles do not, but no body lasts until that matters. */
const MAX_SIGNIFICANT_DIGITS = 16;

const INVALID_SIZE: Refusal = ["HPE_INVALID_CHUNK_SIZE", "Invalid character in chunk size"];
const SIZE_OVERFLOW: Refusal = ["HPE_INVALID_CHUNK_SIZE", "Chunk size overflow"];
const INVALID_EXTENSION: Refusal = ["HPE_STRICT", "Invalid character in chunk extensions"];
const EXTENSIONS_OVERFLOW: Refusal = ["HPE_CHUNK_EXTENSIONS_OVERFLOW", "Chunk extensions overflow"];
const CR_EXPECTED: Refusal = ["HPE_CR_EXPECTED", "Missing expected CR after chunk size"];
const LF_EXPECTED: Refusal = ["HPE_STRICT", "Expected LF after chunk size"];

export class ChunkLine {
  /** How much data follows the line, if it is done. 0: none, this is the last chunk. */
  chunkBytes = 0;
  #state: State = "size";
  #hasDigit = false;
  #significantDigits = 0;
  #extensionBytes = 0;

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Takes the next byte of the line, up to and with its LF. */
  step(byte: number): Refusal | undefined {
    switch (this.#state) {
      case "size":
        return this.#inSize(byte);
      case "extension":
        // Empty ones (";;" and ";=") pass, but not as the last.
        return byte === CR ? INVALID_EXTENSION : this.#inName(byte);
      case "name":
        return this.#inName(byte);
      case "value":
        return byte === QUOTE ? this.#count("quoted") : this.#inToken("value", byte);
      case "quoted":
        return this.#inQuotes(byte);
      case "escaped":
        return isFieldContent[byte] ? this.#count("quoted") : INVALID_EXTENSION;
      case "unquoted":
        return this.#end(byte, INVALID_EXTENSION);
      default:
        return byte === LF ? this.#enter("done") : LF_EXPECTED;
    }
  }

  #inSize(byte: number): Refusal | undefined {
    const digit = hexDigit[byte];
    if (digit === undefined) return this.#hasDigit ? this.#end(byte, INVALID_SIZE) : INVALID_SIZE;
    this.#hasDigit = true;
    if (digit > 0 || this.#significantDigits > 0) this.#significantDigits += 1;
    if (this.#significantDigits > MAX_SIGNIFICANT_DIGITS) return SIZE_OVERFLOW;
    this.chunkBytes = this.chunkBytes * 16 + digit;
    return undefined;
  }

  #inName(byte: number): Refusal | undefined {
    return byte === EQUALS ? this.#enter("value") : this.#inToken("name", byte);
  }

  #inToken(state: "name" | "value", byte: number): Refusal | undefined {
    return isToken[byte] ? this.#count(state) : this.#end(byte, INVALID_EXTENSION);
  }

  #inQuotes(byte: number): Refusal | undefined {
    if (byte === QUOTE) return this.#count("unquoted");
    if (byte === BACKSLASH) return this.#count("escaped");
    return isQuotedText[byte] ? this.#count("quoted") : INVALID_EXTENSION;
  }

  /** The size is over, or an extension: another one comes, or the end of the line. */
  #end(byte: number, refusal: Refusal): Refusal | undefined {
    if (byte === SEMICOLON) return this.#enter("extension");
    if (byte === CR) return this.#enter("line feed");
    return byte === LF ? CR_EXPECTED : refusal;
  }

  /** A byte of a name or of a value, its quotes among them. */
  #count(state: State): Refusal | undefined {
    this.#extensionBytes += 1;
    return this.#extensionBytes > MAX_EXTENSION_BYTES ? EXTENSIONS_OVERFLOW : this.#enter(state);
  }

  #enter(state: State): undefined {
    this.#state = state;
  }
}
