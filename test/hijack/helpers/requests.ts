// Requests as they are on the wire, and ways to read their bodies.
import type { IncomingMessage } from "node:http";
import { setImmediate } from "node:timers/promises";

export interface Body {
  /** The header that says how long the body is. */
  readonly headers: string;
  /** The request line and all headers of a POST for /take. */
  readonly start: string;
  readonly data: string;
  /** `data` as it is sent. */
  readonly raw: string;
}

/** Handlers of tests hijack requests for /take. */
export const GET_TAKE = "GET /take HTTP/1.1\r\nHost: a\r\n\r\n";

const TAKE = "POST /take HTTP/1.1\r\nHost: a\r\n";

export function withLength(data: string, headers = ""): Body {
  const length = `Content-Length: ${data.length}\r\n`;
  return { headers: length, start: `${TAKE}${headers}${length}\r\n`, data, raw: data };
}

/** Uses the sizes for the chunks in turn. */
export function inChunks(data: string, sizes: readonly number[], extension = "", trailers = ""): Body {
  let raw = "";
  for (let at = 0, turn = 0; at < data.length; turn++) {
    const piece = data.slice(at, at + (sizes[turn % sizes.length] ?? 1));
    at += piece.length;
    raw += `${piece.length.toString(16)}${extension}\r\n${piece}\r\n`;
  }
  raw += `0\r\n${trailers}\r\n`;
  const headers = "Transfer-Encoding: chunked\r\n";
  return { headers, start: `${TAKE}${headers}\r\n`, data, raw };
}

/** Reads exactly `bytes` bytes, or none if the body breaks off. */
export async function readSome(request: IncomingMessage, bytes: number): Promise<Buffer> {
  while (!request.destroyed && !request.readableEnded) {
    const piece = request.read(bytes) as Buffer | null;
    if (piece) return piece;
    // Waiting for 'readable' would not help: it comes again at once while there are fewer bytes.
    await setImmediate();
  }
  return Buffer.alloc(0);
}

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request) pieces.push(piece as Buffer);
  } catch {
    // The body has broken off. The caller compares what has come.
  }
  return Buffer.concat(pieces);
}
