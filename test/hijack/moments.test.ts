// hijack() called at every moment, for every kind of request: the owner gets exactly what the client has sent, or the
// call is refused, and other connections of the process notice nothing.
import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { type Kind, KINDS } from "./helpers/servers";
import { MOMENTS } from "./helpers/moments";
import { type Attempt, Scene } from "./helpers/scene";

/** The data of a body. No server may ever see it as a request. */
const INNER = "GET /inner HTTP/1.1\r\nHost: a\r\n\r\n";

const BODIES = {
  "no body": { headers: "", body: "" },
  "a length": { headers: `Content-Length: ${INNER.length}\r\n`, body: INNER },
  "two chunks": {
    headers: "Transfer-Encoding: chunked\r\n",
    body: `3\r\n${INNER.slice(0, 3)}\r\n${(INNER.length - 3).toString(16)}\r\n${INNER.slice(3)}\r\n0\r\n\r\n`,
  },
};

const AFTER = {
  nothing: "",
  "raw bytes": "foo",
  "a request": "GET /next HTTP/1.1\r\nHost: a\r\n\r\n",
  "the start of a request": "GET /ne",
  "a line end": "\r\n",
};

const ASKING = {
  plain: "",
  "an Upgrade": "Connection: Upgrade\r\nUpgrade: x\r\n",
  "Expect: 100-continue": "Expect: 100-continue\r\n",
};

/** What the handler does with the body before the moment. */
const READS: Record<string, NonNullable<Attempt["read"]>> = {
  unread: (_request, then) => then(),
  "in 'data'": (request, then) => void request.once("data", then),
  "in 'readable', with a byte read": (request, then) => {
    request.once("readable", () => {
      request.read(1);
      then();
    });
  },
  "in the last 'data'": (request, then) => {
    let length = 0;
    request.on("data", (data: Buffer) => (length += data.length) === INNER.length && then());
  },
  "in 'end'": (request: IncomingMessage, then) => void request.resume().once("end", then),
};

const CUTS: Record<string, NonNullable<Attempt["cut"]>> = {
  none: (start, rest) => [start + rest],
  "after the headers": (start, rest) => [start, rest],
  everywhere: (start, rest) => [start, ...rest.split("")],
};

function attemptsAt(moment: string): Attempt[] {
  const attempts: Attempt[] = [];
  for (const [bodyName, { headers, body }] of Object.entries(BODIES)) {
    for (const [readName, read] of Object.entries(READS)) {
      // These never come without a body.
      if (body === "" && readName.endsWith("'data'")) continue;
      for (const [asking, asked] of Object.entries(ASKING)) {
        for (const [afterName, after] of Object.entries(AFTER)) {
          for (const [cutName, cut] of Object.entries(CUTS)) {
            if (cutName !== "none" && body + after === "") continue;
            const isEarly = moment === "at once" && readName === "unread";
            const isRead = readName === "in 'end'" || (readName === "unread" && body === "");
            const isUnread = body !== "" && (readName === "unread" || readName.startsWith("in 'readable'"));
            const isSure = isEarly || (isRead && after === "" && asking !== "an Upgrade");
            attempts.push({
              name: [bodyName, readName, asking, `${afterName} after it`, `cut: ${cutName}`].join("; "),
              headers: asked + headers,
              body,
              after,
              cut,
              read,
              isEarly,
              expected: isSure ? "taken" : isUnread ? "refused" : "either",
            });
          }
        }
      }
    }
  }
  return attempts;
}

/** Each kind tries every n-th attempt, as handshakes take long. No step divides the length of a list above. */
const STEP = { duplex: 2, http: 4, unix: 11, https: 11, "h2-http1": 11 };

/** Every moment in memory, over TCP and over TLS. The other two kinds share all code with these. */
const SOME_MOMENTS = ["at once", "after an await", "in a timer"];
const momentsOf = (kind: Kind): string[] => {
  return kind === "unix" || kind === "h2-http1" ? SOME_MOMENTS : Object.keys(MOMENTS);
};

describe.each(KINDS)("%s", (kind) => {
  test.each(momentsOf(kind).map((name, index) => [name, index] as const))("%s", async (name, index) => {
    const attempts = attemptsAt(name).filter((_, position) => position % STEP[kind] === index % STEP[kind]);
    const scene = await Scene.start(kind, MOMENTS[name] as (typeof MOMENTS)[string], { asksUpstream: true });
    const taken = (await scene.run(attempts)).filter((missing) => missing !== undefined);
    expect(taken.length).toBeGreaterThanOrEqual(attempts.filter(({ expected }) => expected === "taken").length);
  });
});
