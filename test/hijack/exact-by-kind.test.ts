// The owner gets every byte that follows the request, over each kind of connection.
import { describe, expect, test } from "vitest";
import { KINDS } from "./helpers/kinds";
import { byteByByte, cameBehind, GET_TAKE, LAST, take } from "./helpers/take";

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet));

const CONTENTS: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  "every byte": EVERY_BYTE,
  "a pipelined request": Buffer.from("GET /next HTTP/1.1\r\nHost: a\r\n\r\n"),
  "line ends": Buffer.from("\r\n\r\n"),
};

/** Lines of one length: a piece that is missing, or comes twice, moves all that follows. */
function numbered(bytes: number): Buffer {
  const lines = Array.from({ length: bytes / 16 }, (_, index) => `${String(index).padStart(14, "0")}\r\n`);
  return Buffer.from(lines.join(""));
}

describe.each(KINDS)("%s", (kind) => {
  describe.each(Object.keys(CONTENTS))("%s", (name) => {
    const behind = CONTENTS[name] ?? Buffer.alloc(0);
    const all = Buffer.concat([Buffer.from(GET_TAKE), behind]);
    const expected = behind.toString("latin1") + LAST;
    const splits: Record<string, Buffer[]> = {
      "in one segment": [all],
      "byte by byte": byteByByte(all),
      "cut within the headers": [all.subarray(0, 9), all.subarray(9)],
      "cut within the end of the headers": [all.subarray(0, GET_TAKE.length - 1), all.subarray(GET_TAKE.length - 1)],
      "cut behind the headers": [all.subarray(0, GET_TAKE.length), all.subarray(GET_TAKE.length)],
      "cut a byte later": [all.subarray(0, GET_TAKE.length + 1), all.subarray(GET_TAKE.length + 1)],
    };

    test.each(Object.keys(splits))("early, %s", async (split) => {
      const outcome = await take({ kind, mode: "early", gap: "immediate" }, splits[split] ?? []);
      expect(outcome).toMatchObject({ code: undefined, answer: "bye" });
      expect(cameBehind(outcome)).toBe(expected);
    });

    // llhttp skips line ends before a request: late-line-ends.test.ts.
    test.skipIf(name === "line ends")("late: exact, or refused", async () => {
      for (const segments of Object.values(splits)) {
        const outcome = await take({ kind, mode: "late", gap: "immediate" }, segments);
        if (outcome.code === undefined) expect(cameBehind(outcome)).toBe(expected);
        else expect(outcome.code).toMatch(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED)$/);
      }
    });
  });

  test("late, from a client that waits", async () => {
    const outcome = await take({ kind, mode: "late", pause: "twoImmediates" }, [GET_TAKE]);
    expect(outcome).toMatchObject({ code: undefined, answer: "bye" });
    expect(cameBehind(outcome)).toBe(LAST);
  });

  test("early, a mebibyte", async () => {
    const behind = numbered(1024 * 1024);
    for (const segments of [[Buffer.concat([Buffer.from(GET_TAKE), behind])], [GET_TAKE, behind]]) {
      const { code, head, rest } = await take({ kind, mode: "early" }, segments);
      expect(code).toBeUndefined();
      const received = Buffer.concat([head, rest]);
      expect(received.length).toBe(behind.length + LAST.length);
      expect(received.subarray(0, behind.length).equals(behind)).toBe(true);
    }
  });

  test("early, headers as large as the server takes", async () => {
    const maxHeaderSize = 4096;
    const start = "GET /take HTTP/1.1\r\nHost: a\r\nX-Large: ";
    // The server counts the target, names and values.
    const counted = "/take".length + "Hosta".length + "X-Large".length;
    const large = start + "x".repeat(maxHeaderSize - counted - 1) + "\r\n\r\n";
    for (const at of [10, start.length, 2000, large.length - 1, large.length, large.length + 5]) {
      const bytes = `${large}behind`;
      const plan = { kind, mode: "early", gap: "immediate", options: { maxHeaderSize } } as const;
      const outcome = await take(plan, [bytes.slice(0, at), bytes.slice(at)]);
      expect(outcome.code).toBeUndefined();
      expect(cameBehind(outcome)).toBe(`behind${LAST}`);
    }
  });
});
