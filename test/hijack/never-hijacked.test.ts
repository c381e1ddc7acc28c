// An enabled server on which no handler hijacks behaves like a plain one: each client receives the same bytes from
// both.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { until } from "../helpers/servers";
import { compare, type Visit } from "./helpers/compare";
import { pauses } from "./helpers/pauses";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CLOSE = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const CHUNKED = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n";

/** Answers in a later turn, with the body. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await pauses.immediate();
  const body = await text(request).catch(() => "broken off");
  response.end(`${request.method} ${request.url} ${body} ${JSON.stringify(request.trailers)}`);
}

const answering = (request: IncomingMessage, response: ServerResponse) => void answer(request, response);

/** Sends the segments and waits for the server's end. */
const sending = (...segments: string[]): Visit["client"] => {
  return async (client, received) => {
    for (const segment of segments) {
      client.write(segment);
      await pauses.twoImmediates();
    }
    await received.over;
  };
};

const VISITS: Record<string, Visit> = {
  "one request": { handler: answering, client: sending(CLOSE) },
  "pipelined requests": { handler: answering, client: sending(GET.repeat(5) + CLOSE) },
  "pipelined requests with bodies": {
    handler: answering,
    client: sending(
      `${CHUNKED}\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\ndata${CLOSE}`,
    ),
  },
  "requests in pieces": { handler: answering, client: sending("GET / HT", "TP/1.1\r\nHost: a\r\n", `\r\n${CLOSE}`) },
  "line ends between requests": { handler: answering, client: sending(`${GET}\r\n\r\n${CLOSE}`) },
  HEAD: { handler: answering, client: sending(`HEAD / HTTP/1.1\r\nHost: a\r\n\r\n${CLOSE}`) },
  "304": {
    handler: (request, response) => {
      setImmediate(() => response.writeHead(request.url === "/" ? 304 : 200).end());
    },
    client: sending(GET + CLOSE),
  },
  "HTTP/1.0": { handler: answering, client: sending("GET / HTTP/1.0\r\n\r\n") },
  "HTTP/1.0, keep-alive": {
    handler: answering,
    client: sending("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
  },
  "Connection: close by the server": {
    handler: (_, response) => void setImmediate(() => response.setHeader("Connection", "close").end("bye")),
    client: sending(GET),
  },
  "Expect: 100-continue": {
    handler: answering,
    client: async (client, received) => {
      client.write(`${CHUNKED}Expect: 100-continue\r\nConnection: close\r\n\r\n`);
      await until(() => received.text.includes("100 Continue"));
      client.write("3\r\nabc\r\n0\r\n\r\n");
      await received.over;
    },
  },
  "an expectation that fails": {
    handler: answering,
    client: sending(`${CHUNKED}Expect: the unexpected\r\nConnection: close\r\n\r\n0\r\n\r\n`),
  },
  trailers: { handler: answering, client: sending(`${CHUNKED}Trailer: T\r\n\r\n0\r\nT: v\r\nU: w\r\n\r\n`, CLOSE) },
  "a body that is not read": {
    handler: (request, response) => void setImmediate(() => response.end(request.url)),
    client: sending(`${CHUNKED}\r\n3\r\nabc\r\n0\r\n\r\n${CLOSE}`),
  },
  "a body that is not read, which comes after the answer": {
    handler: (request, response) => void setImmediate(() => response.end(request.url)),
    client: async (client, received) => {
      client.write(`${CHUNKED}\r\n`);
      await until(() => received.text.endsWith("/"));
      client.write(`3\r\nabc\r\n0\r\n\r\n${CLOSE}`);
      await received.over;
    },
  },
  "a body that breaks off": {
    handler: (request) => request.on("error", () => {}).resume(),
    client: async (client) => {
      client.write(`${CHUNKED}\r\n5\r\nab`);
      await pauses.twoImmediates();
    },
  },
  "a body whose chunks are invalid": {
    handler: (request) => request.on("error", () => {}).resume(),
    client: sending(`${CHUNKED}\r\nzz\r\n`),
  },
  "trailers that are too large": {
    handler: (request) => request.on("error", () => {}).resume(),
    client: sending(`${CHUNKED}\r\n0\r\nT: ${"v".repeat(20_000)}\r\n\r\n`),
  },
  "an Upgrade that no listener takes, and bytes that come with it": {
    handler: answering,
    client: sending(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n${GET}`, CLOSE),
  },
  "CONNECT without a listener": { handler: answering, client: sending("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n") },
  "1xx before the answer": {
    handler: (_, response) => {
      setImmediate(() => {
        response.writeProcessing();
        response.writeEarlyHints({ link: "</a>; rel=preload" });
        response.end("ok");
      });
    },
    client: sending(GET + CLOSE),
  },
  "trailers of the answer": {
    handler: (_, response) => {
      setImmediate(() => {
        response.setHeader("Trailer", "T").write("data");
        response.addTrailers({ T: "v" });
        response.end();
      });
    },
    client: sending(CLOSE),
  },
  "an answer that is destroyed": {
    handler: (_, response) => void setImmediate(() => response.destroy()),
    client: sending(GET),
  },
  "a request that is destroyed": {
    handler: (request) => void setImmediate(() => request.destroy()),
    client: sending(GET),
  },
  "a client that leaves before the answer": {
    handler: () => {},
    client: async (client) => {
      client.write(GET);
      await pauses.twoImmediates();
      await sleep(10);
      client.destroy();
    },
  },
  "a client that leaves while the answer is written": {
    handler: (_, response) => void setImmediate(() => response.write("part")),
    client: async (client, received) => {
      client.write(GET);
      await until(() => received.text.includes("part"));
      client.destroy();
    },
  },
  "a large answer, slowly taken": {
    handler: (_, response) => {
      const write = async () => {
        for (let part = 0; part < 40; part++) {
          if (!response.write(String(part).padStart(64 * 1024))) await once(response, "drain");
        }
        response.end();
      };
      setImmediate(() => void write());
    },
    client: async (client, received) => {
      client.write(CLOSE);
      client.pause();
      setTimeout(() => client.resume(), 20);
      await received.over;
    },
  },
};

describe.each(Object.keys(VISITS))("%s", (name) => {
  test.each(["http", "unix", "https"] as const)("%s", async (kind) => {
    const [plain, enabled] = await compare({ ...(VISITS[name] as Visit), kind });
    expect(enabled).toEqual(plain);
    if (name.startsWith("a client that leaves")) expect(enabled.requests[0]).toContain("aborted");
    if (name === "a large answer, slowly taken") expect(enabled.responses).toEqual([["drain", "finish", "close"]]);
  });
});

test("the comparison sees a difference", async () => {
  let count = 0;
  const handler = (_: IncomingMessage, response: ServerResponse) => void response.end(String((count += 1)));
  const [one, other] = await compare({ handler, client: sending(CLOSE) });
  expect(one.received).not.toBe(other.received);
  expect(one.received).toMatch(/1$/);
});
