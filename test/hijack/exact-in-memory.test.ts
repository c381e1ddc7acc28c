// The owner gets every byte that follows the request: once, in order, unchanged. Every split of the bytes, in memory.
import { describe, expect, test } from "vitest";
import { allSplits, cameBehind, GET_TAKE, LAST, MODES, take, type Pause } from "./helpers/take";

const CONTENTS = {
  nothing: "",
  "garbage bytes": "\u0000\u0001 is no HTTP \u00ff\r\n\r\n",
  "a pipelined request": "GET /next HTTP/1.1\r\nHost: a\r\n\r\n",
  "half of a pipelined request": "GET /next HTTP/1.1\r\nHo",
  "line ends": "\r\n\r\n\n\r\r\n",
  "one line feed": "\n",
  "a preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "bytes like a body in chunks": "5\r\nhello\r\n0\r\n\r\n",
};

const CONTENT_NAMES = Object.keys(CONTENTS) as (keyof typeof CONTENTS)[];

/** Node has parsed, and perhaps answered, what a client sent without waiting. */
const TOO_LATE = ["ERR_SOCKINFO_BYTES_PARSED", "ERR_SOCKINFO_SOCKET_CLOSED"];

describe.each(MODES)("%s", (mode) => {
  // llhttp skips line ends before a request: late-line-ends.test.ts.
  const names = CONTENT_NAMES.filter((name) => mode !== "late" || !/^[\r\n]/.test(CONTENTS[name]));

  describe.each(names)("%s", (name) => {
    const behind = CONTENTS[name];
    const splits = allSplits(Buffer.from(GET_TAKE + behind, "latin1"));

    test.each<[Pause, Pause]>([
      ["none", "immediate"],
      ["none", "microtask"],
      ["immediate", "tick"],
      ["tick", "twoImmediates"],
      ["twoImmediates", "immediate"],
    ])("%s between segments, %s before it asks", async (gap, pause) => {
      for (const segments of splits) {
        const outcome = await take({ mode, gap, pause }, segments);
        const sizes = segments.map(({ length }) => length).join("+");
        if (mode === "late" && behind !== "" && outcome.code !== undefined) {
          expect(TOO_LATE, sizes).toContain(outcome.code);
        } else {
          expect(outcome, sizes).toMatchObject({ code: undefined, answer: "bye" });
          expect(cameBehind(outcome), sizes).toBe(behind + LAST);
        }
      }
    });
  });
});

describe("early, head has the bytes that came in one segment with the end of the headers", () => {
  test.each(CONTENT_NAMES)("%s", async (name) => {
    const behind = CONTENTS[name];
    for (const segments of allSplits(Buffer.from(GET_TAKE + behind, "latin1"))) {
      const { head } = await take({ mode: "early", gap: "immediate" }, segments);
      let receivedBytes = 0;
      const ending = segments.find(({ length }) => (receivedBytes += length) >= GET_TAKE.length);
      const headBytes = receivedBytes - GET_TAKE.length;
      expect(head).toEqual(ending?.subarray(ending.length - headBytes));
    }
  });
});

describe("late, a refused handler can answer, and the server serves what follows", () => {
  test("a pipelined request in the same segment", async () => {
    const { code, answer } = await take({ mode: "late" }, [GET_TAKE + CONTENTS["a pipelined request"]]);
    expect(code).toBe("ERR_SOCKINFO_BYTES_PARSED");
    expect(answer).toMatch(/\r\n\r\nrefusedHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
  });

  test("garbage in the same segment is answered by the server", async () => {
    const { code, answer } = await take({ mode: "late" }, [GET_TAKE + "garbage bytes\r\n"]);
    expect(code).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });
});
