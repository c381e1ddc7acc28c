// The head of a connection that is hijacked before its body was read: where each byte came is known from how it was made, and
// what the reader has not taken from a real stream.
import * as fc from "fast-check";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { MessageBody } from "../../src/hijack/message-body";
import { type Message, messages, segmentsOf } from "../helpers/chunked-messages";

const LIMITS = { maxTrailerBytes: 16_384, maxTrailerPairs: 2000 };
const MIB = 1024 * 1024;

/** A reader like `request`: it takes what and when it wants. */
class Reader {
  taken = "";
  readonly #stream = new Readable({ read() {}, highWaterMark: 0 });
  readonly push = (data: Uint8Array): void => void this.#stream.push(data);

  get untakenBytes(): number {
    return this.#stream.readableLength;
  }

  take(bytes: number): void {
    for (let left = Math.min(bytes, this.untakenBytes); left > 0; left -= 1) {
      this.taken += (this.#stream.read(1) as Buffer).toString("latin1");
    }
  }
}

/** By the words in unread-bytes.ts. */
function headOf({ raw, data, places }: Message, received: number, taken: number): Buffer {
  if (taken === 0) return raw.subarray(0, received);
  if (received === raw.length && taken === data.length) return Buffer.alloc(0);
  return raw.subarray(places[taken - 1]! + 1, received);
}

describe("the head of a body that was read in part", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 8 });
  const takes = fc.array(fc.oneof(fc.nat(6), fc.constant(1000), fc.constant(0)), { minLength: 9, maxLength: 9 });

  test("chunked, at any time, with anything taken", () => {
    const check = (message: Message, places: number[], counts: number[], stopBehind: number) => {
      const body = new MessageBody({ kind: "chunked" }, LIMITS);
      const reader = new Reader();
      let received = 0;
      for (const [nth, segment] of segmentsOf(message.raw, places).slice(0, stopBehind).entries()) {
        expect(body.read(segment, reader.push)).toBe(segment.length);
        received += segment.length;
        reader.take(counts[nth]!);
        if (nth % 2 === 0) body.forget(reader.untakenBytes);
      }
      const expected = headOf(message, received, reader.taken.length);
      expect(message.data.toString("latin1").startsWith(reader.taken)).toBe(true);
      expect(body.head(reader.untakenBytes, false)).toEqual(expected);
      expect(body.keptBytes).toBe(expected.length);
    };
    fc.assert(fc.property(messages, cuts, takes, fc.integer({ min: 1, max: 9 }), check), { numRuns: 800 });
  });

  test("with Content-Length it is the data that was not taken", () => {
    const check = (data: Uint8Array, places: number[], counts: number[]) => {
      const body = new MessageBody({ kind: "length", lengthBytes: data.length }, LIMITS);
      const reader = new Reader();
      for (const [nth, segment] of segmentsOf(Buffer.concat([data, Buffer.from("GET")]), places).entries()) {
        body.read(segment, reader.push);
        reader.take(counts[nth]!);
        body.forget(reader.untakenBytes);
      }
      expect(body.isComplete).toBe(true);
      expect(body.head(reader.untakenBytes, false)).toEqual(Buffer.from(data.subarray(reader.taken.length)));
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), cuts, takes, check), { numRuns: 300 });
  });
});

function bodyOf(text: string): MessageBody {
  const body = new MessageBody({ kind: "chunked" }, LIMITS);
  body.read(Buffer.from(text), () => {});
  return body;
}

describe("in words", () => {
  test.each([
    ["nothing taken: all", "5\r\nhello\r\n0\r\n\r\n", 5, "5\r\nhello\r\n0\r\n\r\n"],
    ["in the middle of a chunk", "5\r\nhello\r\n0\r\n\r\n", 3, "llo\r\n0\r\n\r\n"],
    ["at a chunk's border its CRLF comes first", "5\r\nhello\r\n3\r\nyou\r\n", 3, "\r\n3\r\nyou\r\n"],
    ["all taken, the end not here", "5\r\nhello\r\n", 0, "\r\n"],
    ["all taken, the end half here", "5\r\nhello\r\n0\r\nTrail", 0, "\r\n0\r\nTrail"],
    ["all taken, the end here", "5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", 0, ""],
  ])("%s", (_, text, untakenBytes, head) => {
    expect(bodyOf(text).head(untakenBytes, false).toString()).toBe(head);
  });

  test("an empty body is unread until its end was seen", () => {
    expect(bodyOf("0\r\n\r\n").head(0, false).toString()).toBe("0\r\n\r\n");
    expect(bodyOf("0\r\n\r\n").head(0, true).toString()).toBe("");
  });

  test("a reader that puts data back: what was forgotten does not come again", () => {
    const body = bodyOf("5\r\nhello\r\n0\r\n\r\n");
    body.forget(2);
    expect(body.head(4, false).toString()).toBe("lo\r\n0\r\n\r\n");
  });
});

test("whoever is given data may ask for the head, and is given nothing more", () => {
  const body = new MessageBody({ kind: "chunked" }, LIMITS);
  const given: string[] = [];
  const heads: string[] = [];
  body.read(Buffer.from("2\r\nab\r\n2\r\ncd\r\n2\r\nef\r\n0\r\n\r\n"), (data) => {
    given.push(Buffer.from(data).toString());
    if (given.length === 2) heads.push(body.head(0, false).toString());
  });
  expect(given).toEqual(["ab", "cd"]);
  expect(heads).toEqual(["\r\n2\r\nef\r\n0\r\n\r\n"]);
});

test("whoever is given data may say that it was taken: what is not given yet is kept", () => {
  const body = new MessageBody({ kind: "chunked" }, LIMITS);
  const kept: number[] = [];
  body.read(Buffer.from("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"), () => {
    body.forget(0);
    kept.push(body.keptBytes);
  });
  expect(kept).toEqual(["\r\n2\r\ncd\r\n0\r\n\r\n".length, 0]);
});

/** Quadratic, these take minutes. */
describe("many bytes", () => {
  test("100 MiB, taken as they come, of which nothing is kept", () => {
    const segment = Buffer.alloc(64 * 1024, `3f9\r\n${"x".repeat(0x3f9)}\r\n`);
    const body = new MessageBody({ kind: "chunked" }, LIMITS);
    let dataBytes = 0;
    for (let count = 0; count < (100 * MIB) / segment.length; count += 1) {
      expect(body.read(segment, (data) => (dataBytes += data.length))).toBe(segment.length);
      body.forget(0);
      expect(body.keptBytes).toBe(2);
    }
    expect(dataBytes).toBeGreaterThan(99 * MIB);
  });

  test("100 MiB that nobody takes", () => {
    const segment = Buffer.alloc(64 * 1024, "x");
    const body = new MessageBody({ kind: "length", lengthBytes: 100 * MIB }, LIMITS);
    let untakenBytes = 0;
    while (!body.isComplete) {
      body.read(segment, (data) => (untakenBytes += data.length));
      body.forget(untakenBytes);
    }
    expect(untakenBytes).toBe(100 * MIB);
    expect(body.head(untakenBytes, false)).toHaveLength(100 * MIB);
  });

  test("a million chunks of a byte, taken one by one afterwards", () => {
    const count = MIB;
    const raw = Buffer.alloc(count * 6, "1\r\nx\r\n");
    const body = new MessageBody({ kind: "chunked" }, LIMITS);
    for (let at = 0; at < raw.length; at += 1000) body.read(raw.subarray(at, at + 1000), () => {});
    for (let left = count - 1; left >= 0; left -= 1) body.forget(left);
    expect(body.keptBytes).toBe(2);
    expect(body.head(0, false).toString()).toBe("\r\n");
  });

  test("a MiB, a byte at a time", () => {
    const raw = Buffer.from(`100000\r\n${"x".repeat(MIB)}\r\n0\r\n\r\n`);
    const body = new MessageBody({ kind: "chunked" }, LIMITS);
    let dataBytes = 0;
    for (const index of raw.keys()) body.read(raw.subarray(index, index + 1), (data) => (dataBytes += data.length));
    expect(body.isComplete).toBe(true);
    expect(dataBytes).toBe(MIB);
    expect(body.head(MIB - 1, false)).toHaveLength(MIB - 1 + 7);
  });
});
