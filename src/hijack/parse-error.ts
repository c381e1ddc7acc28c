// The error of a malformed message, as Node's parser gives it to 'clientError'. Used by message-body.ts.

/** Node's code and its words for it. */
export type Refusal = readonly [code: string, reason: string];

export class ParseError extends Error {
  readonly code: string;
  readonly reason: string;
  /** How many bytes of the segment are before the one that was refused. */
  readonly bytesParsed: number;

  constructor([code, reason]: Refusal, bytesParsed: number) {
    super(`Parse Error: ${reason}`);
    this.code = code;
    this.reason = reason;
    this.bytesParsed = bytesParsed;
  }
}
