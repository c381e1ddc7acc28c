// Requests with a body. An early hijack gets the body as it is on the wire. A late one is refused unless the body was read to its end.
import { describe, expect, test } from "vitest";
import { inChunks, readAll, readSome, withLength, type Body } from "./helpers/bodies";
import type { Kind } from "./helpers/kinds";
import { byteByByte, cameBehind, cutAt, LAST, take, type Plan } from "./helpers/take";

const DATA = "a body\r\n0\r\n\r\nof 32 bytes with ends";

const BODIES: Record<string, Body> = {
  "with a length": withLength(DATA),
  "in one chunk": inChunks(DATA, [100]),
  "in chunks": inChunks(DATA, [1, 7, 5]),
  "in chunks, with all that they may have": inChunks(DATA, [3, 10], ';a=b;c="\\""', "Trailer: t\r\n"),
};

/** How many bytes the handler reads before a late call. */
const READS: Record<string, number> = {
  unread: 0,
  "read by a byte": 1,
  "half read": 16,
  "read without its end": DATA.length,
};

/** Every one in memory. One of them over the other kinds shows that their bytes come the same way. */
const ALL_BEHIND = ["", "\r\n", "GET /next HTTP/1.1\r\nHost: a\r\n\r\n", "\u0000\u00ff"];
const behindOf = (kind: Kind): string[] => (kind === "duplex" ? ALL_BEHIND : ALL_BEHIND.slice(2, 3));

const KINDS: readonly Kind[] = ["duplex", "http", "https"];

const reading = (bytes: number): Pick<Plan, "read"> => {
  return bytes === 0 ? {} : { read: (request) => readSome(request, bytes) };
};

function splitsOf({ start, raw }: Body, behind: string, kind: Kind): Buffer[][] {
  const sent = Buffer.from(start + raw + behind, "latin1");
  const bodyEnd = start.length + raw.length;
  if (kind !== "duplex") return [[sent], cutAt(sent, [start.length + 1, bodyEnd - 1]), cutAt(sent, [bodyEnd])];
  return [
    [sent],
    byteByByte(sent),
    ...[[5], [start.length], [start.length + 20], [start.length + 1, bodyEnd - 1], [bodyEnd]].map((at) =>
      cutAt(sent, at),
    ),
  ];
}

describe.each(KINDS)("%s", (kind) => {
  describe.each(Object.keys(BODIES))("a body %s", (name) => {
    const body = BODIES[name] as Body;

    test("early", async () => {
      for (const behind of behindOf(kind)) {
        for (const segments of splitsOf(body, behind, kind)) {
          const outcome = await take({ kind, mode: "early", gap: "immediate" }, segments);
          expect(outcome.code).toBeUndefined();
          expect(cameBehind(outcome)).toBe(body.raw + behind + LAST);
        }
      }
    });

    test.each(Object.keys(READS))("late, %s: refused", async (howFar) => {
      for (const behind of behindOf(kind)) {
        for (const segments of splitsOf(body, behind, kind)) {
          const plan = { kind, mode: "late", gap: "immediate", ...reading(READS[howFar] ?? 0) } as const;
          // Node may have answered 400 to bytes that are no HTTP, and closed the connection.
          expect((await take(plan, segments)).code).toMatch(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED)$/);
        }
      }
    });

    // llhttp skips line ends before a request: late-line-ends.test.ts.
    test("late, read to its end: exact, or refused", async () => {
      for (const behind of behindOf(kind).filter((text) => text !== "\r\n")) {
        for (const segments of splitsOf(body, behind, kind)) {
          const outcome = await take({ kind, mode: "late", gap: "immediate", read: readAll }, segments);
          if (outcome.code === undefined) expect(cameBehind(outcome)).toBe(behind + LAST);
          else expect(outcome.code).toMatch(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED)$/);
        }
      }
    });

    test("late, read to its end, from a client that waits: exact", async () => {
      const plan = { kind, mode: "late", gap: "immediate", pause: "twoImmediates", read: readAll } as const;
      const outcome = await take(plan, [body.start, body.raw]);
      expect(outcome).toMatchObject({ code: undefined, body: Buffer.from(DATA) });
      expect(cameBehind(outcome)).toBe(LAST);
    });
  });
});

test("an empty body in chunks: late and unread, it is refused", async () => {
  const { start, raw } = inChunks("", [1]);
  const { code } = await take({ mode: "late", pause: "twoImmediates" }, [start + raw]);
  expect(code).toBe("ERR_SOCKINFO_BYTES_PARSED");
});

test("Content-Length: 0 is no body: late, it is taken", async () => {
  const { start } = withLength("");
  expect(cameBehind(await take({ mode: "late", pause: "twoImmediates" }, [start]))).toBe(LAST);
});
