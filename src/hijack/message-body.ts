// Bodies with a length; those in chunks come with the decoder.
import type { IncomingMessage } from "node:http";
export type Framing = { kind: "none" } | { kind: "length"; lengthBytes: number } | { kind: "chunked" };
export function framingOf(request: IncomingMessage): Framing {
  if (request.headers["transfer-encoding"]) return { kind: "chunked" };
  const n = Number(request.headers["content-length"] ?? 0);
  return n > 0 ? { kind: "length", lengthBytes: n } : { kind: "none" };
}
export class MessageBody {
  rawTrailers: string[] = [];
  #left: number;
  #pieces: Buffer = Buffer.alloc(0);
  constructor(framing: Framing, _limits: { maxTrailerBytes: number }) {
    this.#left = framing.kind === "length" ? framing.lengthBytes : 0;
  }
  get isComplete(): boolean {
    return this.#left === 0;
  }
  read(segment: Buffer, sink: (data: Buffer) => void): number | Error {
    const n = Math.min(this.#left, segment.length);
    this.#left -= n;
    this.#pieces = Buffer.concat([this.#pieces, segment.subarray(0, n)]);
    if (n > 0) sink(segment.subarray(0, n));
    return n;
  }
  rawFrom(untaken: number): Buffer {
    return this.#pieces.subarray(this.#pieces.length - untaken);
  }
}
