// Requests with a body: unread, read in part, read to the end. What nobody has read comes, as it is on the wire.
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

/** Bytes that the handler reads before it asks. */
const READS: Record<string, number> = {
  unread: 0,
  "read by a byte": 1,
  "half read": 16,
  "read to the end": DATA.length,
};

/** All of it in memory, of each other kind enough to see that its bytes come the same way. */
const ALL_BEHIND = ["", "\r\n", "GET /next HTTP/1.1\r\nHost: a\r\n\r\n", "\u0000\u00ff"];
const behindOf = (kind: Kind): string[] => (kind === "duplex" ? ALL_BEHIND : ALL_BEHIND.slice(2, 3));

const KINDS: readonly Kind[] = ["duplex", "http", "https"];

function reading(bytes: number): Pick<Plan, "read"> {
  if (bytes === 0) return {};
  return { read: bytes === DATA.length ? readAll : (request) => readSome(request, bytes) };
}

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

    test("taken at once", async () => {
      for (const behind of behindOf(kind)) {
        for (const segments of splitsOf(body, behind, kind)) {
          const outcome = await take({ kind, mode: "sync", gap: "immediate" }, segments);
          expect(outcome.code).toBeUndefined();
          expect(cameBehind(outcome)).toBe(body.raw + behind + LAST);
        }
      }
    });

    describe.each(Object.keys(READS))("%s", (howFar) => {
      const readBytes = READS[howFar] ?? 0;
      const unread = body.raw.slice(readBytes === DATA.length ? body.raw.length : body.rawBehind(readBytes));

      test("held", async () => {
        for (const behind of behindOf(kind)) {
          for (const segments of splitsOf(body, behind, kind)) {
            const outcome = await take({ kind, mode: "held", gap: "immediate", ...reading(readBytes) }, segments);
            expect(outcome.code).toBeUndefined();
            expect(outcome.body.toString("latin1")).toBe(DATA.slice(0, readBytes));
            expect(cameBehind(outcome)).toBe(unread + behind + LAST);
          }
        }
      });

      // llhttp skips line ends in front of a request: late-line-ends.test.ts.
      test("late: exact, or refused", async () => {
        for (const behind of behindOf(kind).filter((text) => text !== "\r\n")) {
          for (const segments of splitsOf(body, behind, kind)) {
            const outcome = await take({ kind, mode: "late", gap: "immediate", ...reading(readBytes) }, segments);
            if (outcome.code === undefined) expect(cameBehind(outcome)).toBe(unread + behind + LAST);
            else expect(outcome.code).toMatch(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED)$/);
          }
        }
      });

      // Only the data of chunks is known to who comes late.
      const isKnown = name === "with a length" || readBytes === DATA.length;
      test(`late, from a client that waits: ${isKnown ? "exact" : "refused"}`, async () => {
        const plan = { kind, mode: "late", gap: "immediate", pause: "twoImmediates", ...reading(readBytes) } as const;
        const outcome = await take(plan, [body.start, body.raw]);
        expect(outcome.code).toBe(isKnown ? undefined : "ERR_SOCKINFO_BYTES_PARSED");
        if (isKnown) expect(cameBehind(outcome)).toBe(unread + LAST);
      });
    });
  });

  test.each(["with a length", "in chunks"])("held, half of a mebibyte read, %s", async (framing) => {
    const data = Array.from({ length: 1024 * 64 }, (_, index) => String(index).padStart(16, "0")).join("");
    const { start, raw, rawBehind } = framing === "in chunks" ? inChunks(data, [1000, 50_000]) : withLength(data);
    const half = data.length / 2;
    const read = async (request: Parameters<typeof readSome>[0]) => {
      const pieces: Buffer[] = [];
      for (let bytes = 0; bytes < half; bytes += 4096) pieces.push(await readSome(request, 4096));
      return Buffer.concat(pieces);
    };
    const outcome = await take({ kind, mode: "held", read }, [`${start}${raw}behind`]);
    expect(outcome.code).toBeUndefined();
    expect(outcome.body.toString("latin1") === data.slice(0, half)).toBe(true);
    expect(cameBehind(outcome) === `${raw.slice(rawBehind(half))}behind${LAST}`).toBe(true);
  });
});

test("an empty body in chunks, which nobody has read: held, it is left", async () => {
  const { start, raw } = inChunks("", [1]);
  expect(cameBehind(await take({ mode: "held" }, [start + raw]))).toBe(raw + LAST);
});
