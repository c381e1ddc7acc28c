// The owner gets every byte that follows the request: once, in order, unchanged. Late calls are refused where bytes
// may be missing. The requests are sent in many segments, on first and later requests of a connection, over each kind
// of it.
import { describe, expect, test } from "vitest";
import { inChunks, readAll, readSome, withLength } from "./helpers/requests";
import type { Moment } from "./helpers/moments";
import { type Pause, pauses, WHEN, type When } from "./helpers/pauses";
import { type Attempt, Scene, type SceneOptions } from "./helpers/scene";
import { KINDS, type Kind } from "./helpers/servers";

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, octet) => octet)).toString("latin1");

/** What comes after a request. */
const AFTER: Record<string, string> = {
  nothing: "",
  "garbage bytes": "\u0000\u0001 is no HTTP \u00ff\r\n\r\n",
  "a pipelined request": "GET /next HTTP/1.1\r\nHost: a\r\n\r\n",
  "half of a pipelined request": "GET /next HTTP/1.1\r\nHo",
  "line ends": "\r\n\r\n\n\r\r\n",
  "one line feed": "\n",
  "a preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "bytes like a body in chunks": "5\r\nhello\r\n0\r\n\r\n",
};

type Cut = NonNullable<Attempt["cut"]>;
type Cuts = Record<string, Cut>;

const cutAt =
  (find: (start: string, rest: string) => readonly number[]): Cut =>
  (start, rest) => {
    const all = start + rest;
    const positions = find(start, rest);
    return [0, ...positions].map((from, index) => all.slice(from, positions[index]));
  };
const whole = cutAt(() => []);
const byteByByte: Cut = (start, rest) => (start + rest).split("");

const CUTS: Cuts = {
  "in one segment": whole,
  "byte by byte": byteByByte,
  "cut within the headers": cutAt(() => [9]),
  "cut within the end of the headers": cutAt(({ length }) => [length - 1]),
  "cut after the headers": cutAt(({ length }) => [length]),
  "cut a byte later": cutAt(({ length }) => [length + 1]),
};

/** The longest start of a request for this file's paths. */
const START_BYTES = "GET /take/9999 HTTP/1.1\r\nHost: a\r\n\r\n".length;

/** In one segment, byte by byte, and in two segments with a cut at each position. */
function everyCut(after: string): Cuts {
  const inTwo = Array.from({ length: START_BYTES + after.length - 1 }, (_, index) => {
    return [`cut at ${index + 1}`, cutAt(() => [index + 1])] as const;
  });
  return { "in one segment": whole, "byte by byte": byteByByte, ...Object.fromEntries(inTwo) };
}

/** Between segments. */
const GAPS: readonly Pause[] = ["none", "immediate", "tick", "twoImmediates"];

/** Between segments, and before a late call. */
const GAPS_AND_PAUSES: readonly (readonly [gap: Pause, pause: Pause])[] = [
  ["none", "immediate"],
  ["none", "microtask"],
  ["immediate", "tick"],
  ["tick", "twoImmediates"],
  ["twoImmediates", "immediate"],
];

const momentOf = (when: When, pause: Pause): Moment => {
  return when === "early" ? (act) => act() : (act) => void pauses[pause]().then(act);
};

async function run(kind: Kind, moment: Moment, attempts: readonly Attempt[], options?: SceneOptions): Promise<void> {
  const scene = await Scene.start(kind, moment, options);
  const taken = (await scene.run(attempts)).filter((missing) => missing !== undefined);
  expect(taken.length).toBeGreaterThanOrEqual(attempts.filter(({ expected }) => expected === "taken").length);
}

/** Early, or with nothing after it, the connection must be taken. */
function attemptsFor(
  when: When,
  cuts: Cuts | ((after: string) => Cuts),
  afters: Record<string, string>,
  gap: Pause = "immediate",
): Attempt[] {
  return Object.entries(afters).flatMap(([afterName, after]) =>
    Object.entries(typeof cuts === "function" ? cuts(after) : cuts).map(([cutName, cut]) => ({
      name: `${afterName}, ${cutName}`,
      after,
      cut,
      gap,
      isEarly: when === "early",
      expected: when === "early" || after === "" ? "taken" : "either",
    })),
  );
}

describe("in memory, every cut", () => {
  test.each(GAPS)("early, %s between segments", async (gap) => {
    await run("duplex", momentOf("early", "none"), attemptsFor("early", everyCut, AFTER, gap));
  });

  test.each(GAPS_AND_PAUSES)("late, %s between segments, %s before hijack()", async (gap, pause) => {
    await run("duplex", momentOf("late", pause), attemptsFor("late", everyCut, AFTER, gap));
  });
});

describe.each(KINDS)("%s", (kind) => {
  const { nothing = "", "line ends": lineEnds = "", "a pipelined request": request = "" } = AFTER;
  const some = { nothing, "line ends": lineEnds, "a pipelined request": request, "every byte": EVERY_BYTE };

  test("early", async () => {
    await run(kind, momentOf("early", "none"), attemptsFor("early", CUTS, some));
  });

  test("late, from a client that waits, and from one that does not", async () => {
    await run(kind, momentOf("late", "immediate"), attemptsFor("late", CUTS, some));
  });

  test("early, a mebibyte", async () => {
    // A piece that is missing, or comes twice, moves all that follows.
    const lines = Array.from({ length: 65_536 }, (_, index) => `${String(index).padStart(14, "0")}\r\n`);
    const cuts = { "in one segment": whole, "cut after the headers": cutAt(({ length }) => [length]) };
    await run(kind, momentOf("early", "none"), attemptsFor("early", cuts, { "a mebibyte": lines.join("") }));
  });

  test("early, headers as large as the server takes", async () => {
    const maxHeaderSize = 4096;
    // The server counts the target, names and values.
    const counted = (path: string): number => path.length + "Hosta".length + "X-Large".length;
    const headers = (path: string): string => `X-Large: ${"x".repeat(maxHeaderSize - counted(path) - 1)}\r\n`;
    const cuts: Cuts = {
      "in the start": cutAt(() => [10]),
      "in the value": cutAt(() => [2000]),
      "before the last byte": cutAt(({ length }) => [length - 1]),
      "after the headers": cutAt(({ length }) => [length]),
      later: cutAt(({ length }) => [length + 5]),
    };
    const attempts = attemptsFor("early", cuts, { text: "after it" }).map((attempt) => ({ ...attempt, headers }));
    await run(kind, momentOf("early", "none"), attempts, { server: { maxHeaderSize } });
  });

  test.each(WHEN)("%s, after requests that were answered", async (when) => {
    const host = "HTTP/1.1\r\nHost: a\r\n";
    const earlier = [
      `GET /earlier ${host}\r\n`,
      `POST /earlier ${host}Content-Length: 5\r\n\r\nhello`,
      `POST /earlier ${host}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    ];
    const attempts = attemptsFor(when, CUTS, { nothing: "", "line ends and text": "\r\n\r\nafter it" });
    await run(
      kind,
      momentOf(when, "immediate"),
      attempts.map((attempt) => ({ ...attempt, earlier })),
    );
  });
});

describe("bodies", () => {
  const DATA = "a body\r\n0\r\n\r\nof 32 bytes with ends";
  const BODIES = {
    "with a length": withLength(DATA),
    "in one chunk": inChunks(DATA, [100]),
    "in chunks": inChunks(DATA, [1, 7, 5]),
    "in chunks, with all that they may have": inChunks(DATA, [3, 10], ';a=b;c="\\""', "Trailer: t\r\n"),
  };
  const AFTER_BODY = {
    nothing: "",
    "line ends": "\r\n",
    "a request": "GET /next HTTP/1.1\r\nHost: a\r\n\r\n",
    "raw bytes": "\u0000\u00ff",
  };
  /** These are also tried over TCP and TLS, to show that bytes come the same way as in memory. */
  const SOME_BODY_CUTS: Cuts = {
    "in one segment": whole,
    "cut near both ends of the body": (start, rest) =>
      cutAt(() => [start.length + 1, start.length + rest.indexOf("ends") + 3])(start, rest),
  };
  const BODY_CUTS: Cuts = {
    ...SOME_BODY_CUTS,
    "byte by byte": byteByByte,
    "cut within the headers": cutAt(() => [5]),
    "cut after the headers": cutAt(({ length }) => [length]),
    "cut within the body": cutAt(({ length }) => [length + 20]),
  };
  type Read = NonNullable<Attempt["read"]>;
  const reading =
    (bytes: number): Read =>
    (request, then) =>
      void readSome(request, bytes).then(then);
  /** How much the handler reads before a late call. Only the last one may be taken. */
  const READS: Record<string, Read> = {
    unread: (_request, then) => then(),
    "read by a byte": reading(1),
    "half read": reading(16),
    "read without its end": reading(DATA.length),
    "read to its end": (request, then) => void readAll(request).then((body) => String(body) === DATA && then()),
  };

  describe.each(["duplex", "http", "https"] as const)("%s", (kind) => {
    const attemptsWithBody = (name: keyof typeof BODIES, isEarly: boolean, read: string): Attempt[] => {
      const { headers, raw } = BODIES[name];
      const afters = kind === "duplex" ? AFTER_BODY : { nothing: "", "a request": AFTER_BODY["a request"] };
      const cutAfterBody = { "cut after the body": cutAt((start) => [start.length + raw.length]) };
      const cuts: Cuts = kind === "duplex" ? { ...BODY_CUTS, ...cutAfterBody } : { ...SOME_BODY_CUTS, ...cutAfterBody };
      return Object.entries(afters).flatMap(([afterName, after]) => {
        return Object.entries(cuts).map(([cutName, cut]) => {
          const isSure = isEarly || (read === "read to its end" && after === "");
          const expected = isSure ? "taken" : read === "read to its end" ? "either" : "refused";
          return {
            name: `${name}, ${afterName} after it, ${cutName}`,
            headers,
            body: raw,
            after,
            cut,
            read: READS[read] as Read,
            isEarly,
            expected,
          };
        });
      });
    };

    test.each(Object.keys(BODIES) as (keyof typeof BODIES)[])("%s: early, exact", async (name) => {
      await run(kind, momentOf("early", "none"), attemptsWithBody(name, true, "unread"));
    });

    test.each(Object.keys(READS))("late, %s", async (read) => {
      const attempts = Object.keys(BODIES).flatMap((name) =>
        attemptsWithBody(name as keyof typeof BODIES, false, read),
      );
      await run(kind, momentOf("late", "immediate"), attempts);
    });
  });

  test("an empty body in chunks: late and unread, it is refused", async () => {
    const { headers, raw } = inChunks("", [1]);
    await run("duplex", momentOf("late", "twoImmediates"), [
      { name: "empty", headers, body: raw, isEarly: false, expected: "refused" },
    ]);
  });

  test("Content-Length: 0 is no body: late, it is taken", async () => {
    const { headers } = withLength("");
    await run("duplex", momentOf("late", "twoImmediates"), [
      { name: "no body", headers, isEarly: false, expected: "taken" },
    ]);
  });
});
