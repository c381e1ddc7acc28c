// A connection that is taken at a later request than its first.
import { describe, expect, test } from "vitest";
import { KINDS } from "./helpers/kinds";
import { cameBehind, cutAt, GET_TAKE, LAST, MODES, take } from "./helpers/take";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
const IN_CHUNKS = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

describe.each(KINDS)("%s", (kind) => {
  test.each(MODES)("%s, behind requests that were answered", async (mode) => {
    const outcome = await take({ kind, mode, earlier: [GET, POST, IN_CHUNKS] }, [GET_TAKE]);
    expect(outcome.code).toBeUndefined();
    expect(cameBehind(outcome)).toBe(LAST);
    expect(outcome.answer).toMatch(/^(HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\nok){3}bye$/);
  });

  test("early, the client did not wait", async () => {
    const bytes = Buffer.from(`${GET_TAKE}\r\n\r\nbehind`);
    for (const positions of [[], [5], [GET_TAKE.length - 2], [GET_TAKE.length], [GET_TAKE.length + 1]]) {
      const outcome = await take({ kind, mode: "early", earlier: [GET], gap: "immediate" }, cutAt(bytes, positions));
      expect(outcome.code).toBeUndefined();
      expect(cameBehind(outcome)).toBe(`\r\n\r\nbehind${LAST}`);
    }
  });
});

describe("pipelined after a request that is not answered yet", () => {
  test("early: refused, and both are answered in order", async () => {
    for (const kind of KINDS) {
      const { code, answer } = await take({ kind, mode: "early" }, [GET + GET_TAKE]);
      expect(code).toBe("ERR_SOCKINFO_RESPONSE_PENDING");
      expect(answer).toMatch(/\r\n\r\nokHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nrefused$/);
    }
  });

  test("late, the first is answered by then", async () => {
    for (const kind of KINDS) {
      const outcome = await take({ kind, mode: "late", pause: "twoImmediates" }, [GET + GET_TAKE]);
      expect(outcome.code).toBeUndefined();
      expect(cameBehind(outcome)).toBe(LAST);
      expect(outcome.answer).toMatch(/\r\n\r\nokbye$/);
    }
  });

  test("late, with another request after it: refused", async () => {
    for (const kind of KINDS) {
      const { code } = await take({ kind, mode: "late", pause: "twoImmediates" }, [GET + GET_TAKE + GET]);
      expect(code).toBe("ERR_SOCKINFO_BYTES_PARSED");
    }
  });
});
