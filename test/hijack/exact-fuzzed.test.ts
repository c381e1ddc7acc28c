// Any bytes after any request, in any segments, at any pace: the owner gets all that were sent, or hijack() is refused.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { inChunks, readAll, readSome, withLength } from "./helpers/bodies";
import { cameBehind, cutAt, GET_TAKE, LAST, MODES, pauses, take, type Pause } from "./helpers/take";

const binary = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString("latin1"));

/** Parts of HTTP messages, and arbitrary bytes. */
const piece = fc.oneof(
  fc.constantFrom("\r\n", "\n", "\r", "\r\n\r\n", "0\r\n\r\n", "5\r\nhello\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
  binary,
);
const behind = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(""));

const request = fc.oneof(
  fc.constant({ start: GET_TAKE, data: "", raw: "" }),
  binary.map((data) => withLength(data)),
  fc
    .tuple(
      binary,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom("", ";a=b", ';c="\\""'),
      fc.constantFrom("", "Trailer: t\r\n"),
    )
    .map((parameters) => inChunks(...parameters)),
);

const pause = fc.constantFrom(...(Object.keys(pauses) as Pause[]));

const trial = fc.record({
  mode: fc.constantFrom(...MODES),
  request,
  behind,
  /** The part of the body that the handler reads before a late call: 0 is nothing, 1 is all of it with its end. */
  share: fc.constantFrom(0, 0.3, 0.7, 1),
  cuts: fc.uniqueArray(fc.nat(200), { maxLength: 8 }),
  gap: pause,
  pause,
  isSecond: fc.boolean(),
});

test("in memory", { timeout: 120_000 }, async () => {
  const property = fc.asyncProperty(trial, async ({ mode, request: { start, data, raw }, ...how }) => {
    const sent = Buffer.from(start + raw + how.behind, "latin1");
    const positions = how.cuts.map((cut) => cut % sent.length).toSorted((one, other) => one - other);
    const readBytes = mode === "early" ? 0 : Math.floor(data.length * how.share);
    const isRead = mode !== "early" && how.share === 1;
    const outcome = await take(
      {
        mode,
        gap: how.gap,
        pause: how.pause,
        ...(isRead && { read: readAll }),
        ...(readBytes > 0 && !isRead && { read: (message) => readSome(message, readBytes) }),
        earlier: how.isSecond ? ["GET / HTTP/1.1\r\nHost: a\r\n\r\n"] : [],
      },
      cutAt(sent, positions),
    );
    // llhttp skips line ends before a request: late-line-ends.test.ts.
    if (mode === "late" && /^[\r\n]/.test(how.behind)) return;
    if (mode === "late" && raw !== "" && !isRead) expect(outcome.code).toBeDefined();
    if (outcome.code !== undefined) {
      expect(mode).toBe("late");
      expect(outcome.code).toMatch(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED)$/);
      return;
    }
    if (isRead) expect(outcome.body.toString("latin1")).toBe(data);
    expect(cameBehind(outcome)).toBe((isRead ? "" : raw) + how.behind + LAST);
  });
  await fc.assert(property, { numRuns: 400 });
});
