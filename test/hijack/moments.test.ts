// hijack() called at every moment, for every kind of request: the owner gets exactly what the client sent, or the call is refused, and
// nothing else in the process notices.
import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { type Attempt, Scene } from "./helpers/attempts";
import { KINDS } from "./helpers/kinds";
import { MOMENTS } from "./helpers/moments";

/** No server may ever see it: it is the data of a body. */
const INNER = "GET /inner HTTP/1.1\r\nHost: a\r\n\r\n";

const BODIES = {
  "no body": { headers: "", body: "" },
  "a length": { headers: `Content-Length: ${INNER.length}\r\n`, body: INNER },
  "two chunks": {
    headers: "Transfer-Encoding: chunked\r\n",
    body: `3\r\n${INNER.slice(0, 3)}\r\n${(INNER.length - 3).toString(16)}\r\n${INNER.slice(3)}\r\n0\r\n\r\n`,
  },
};

const BEHIND = {
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
const READS: Record<string, Attempt["read"]> = {
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

const CUTS = ["none", "after the headers", "everywhere"] as const;

function attemptsAt(moment: string): Attempt[] {
  const attempts: Attempt[] = [];
  for (const [bodyName, { headers, body }] of Object.entries(BODIES)) {
    for (const [readName, read] of Object.entries(READS)) {
      // These never come without a body.
      if (body === "" && readName.endsWith("'data'")) continue;
      for (const [asking, asked] of Object.entries(ASKING)) {
        for (const [behindName, behind] of Object.entries(BEHIND)) {
          for (const cut of CUTS) {
            if (cut !== "none" && body + behind === "") continue;
            const isEarly = moment === "at once" && readName === "unread";
            const isRead = readName === "in 'end'" || (readName === "unread" && body === "");
            attempts.push({
              name: [bodyName, readName, asking, `${behindName} behind`, `cut: ${cut}`].join("; "),
              headers: asked + headers,
              body,
              behind,
              cut,
              read,
              isEarly,
              mustSucceed: isEarly || (isRead && behind === "" && asking !== "an Upgrade"),
            });
          }
        }
      }
    }
  }
  return attempts;
}

/** Handshakes take long. No step divides the length of a list above, so each gets a bit of all. */
const STEP = { duplex: 2, http: 4, unix: 11, https: 11, "h2-http1": 11 };

describe.each(KINDS)("%s", (kind) => {
  test.each(Object.keys(MOMENTS).map((name, index) => [name, index] as const))("%s", async (name, index) => {
    const attempts = attemptsAt(name).filter((_, position) => position % STEP[kind] === index % STEP[kind]);
    const scene = await Scene.start(kind, MOMENTS[name] as (typeof MOMENTS)[string]);
    const taken = await scene.run(attempts);
    expect(taken).toBeGreaterThanOrEqual(attempts.filter(({ mustSucceed }) => mustSucceed).length);
  });
});
