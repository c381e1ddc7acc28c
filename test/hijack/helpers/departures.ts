// The ways in which a client can leave or stall.
import type { Client, Departure } from "./exhaustion";

/** One byte of what could be a next request. */
const BYTE = "G";
/** Stands for a second. It is much less than every limit. */
const SECOND = 20;
/** An unbounded buffer would hold all of it. */
export const ENDLESS = 4 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, "x");

/** Departures after the server has dealt with the request. */
export const LATER: Readonly<Record<string, Departure>> = {
  FIN: ({ stream }) => stream.end(),
  "one byte and FIN": ({ stream }) => stream.end(BYTE),
  RST: ({ wire }) => wire.resetAndDestroy(),
  "one byte and RST": ({ stream, wire }) => stream.write(BYTE, () => wire.resetAndDestroy()),
  silence: () => {},
  "one byte": ({ stream }) => stream.write(BYTE),
  "one byte a second": drip,
  "endless bytes": pour,
};

/** Departures in the same turn as the request. */
export const AT_ONCE: Readonly<Record<string, Departure>> = {
  "FIN at once": ({ stream }) => stream.end(),
  "one byte and FIN at once": ({ stream }) => stream.end(BYTE),
  "one byte and RST at once": ({ stream, wire }) => stream.write(BYTE, () => wire.resetAndDestroy()),
};

function drip({ stream }: Client): void {
  const text = "GET /drip";
  let sent = 0;
  const timer = setInterval(() => stream.write(text[sent++] ?? "p"), SECOND);
  stream.on("close", () => clearInterval(timer));
}

/** Sends as fast as the server reads, up to a number of bytes that shows whether the server reads all. */
export function pour({ stream }: Client): void {
  let left = ENDLESS;
  const more = (): void => {
    while (left > 0 && !stream.destroyed) {
      left -= PIECE.length;
      if (!stream.write(PIECE)) return;
    }
  };
  stream.on("drain", more);
  more();
}
