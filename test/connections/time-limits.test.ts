// Connections that a time limit of the server ends. All connections of a test wait for their limits at the same time.
import { once } from "node:events";
import type { Server } from "node:http";
import { expect, test } from "vitest";
import type { Http1Client } from "../helpers/http-clients";
import { HTTP1, HTTP2, type Kind } from "../helpers/http-servers";
import { begin, beginIdle, beginInFlight } from "./helpers/stories";

/** Begins a connection. The returned function waits for the connection's end, and checks it. */
type Case = (kind: Kind) => Promise<() => Promise<unknown>>;

/**
 * Begins one connection after the other, so that none has to share the time before its limit. Then checks all at
 * once.
 */
async function expectAll(kinds: readonly Kind[], cases: Readonly<Record<string, Case>>): Promise<void> {
  const started: [string, () => Promise<unknown>][] = [];
  for (const kind of kinds) {
    for (const [name, start] of Object.entries(cases)) started.push([`${kind}: ${name}`, await start(kind)]);
  }
  const checks = started.map(async ([name, check]) => {
    await check().catch((error: Error) => {
      error.message = `${name}: ${error.message}`;
      throw error;
    });
  });
  for (const outcome of await Promise.allSettled(checks)) if (outcome.status === "rejected") throw outcome.reason;
}

/** Longer than it takes to begin a connection on a busy machine. */
const LIMIT_MS = 1000;
/** Node looks for requests that take too long at this interval. */
const CHECKED = { connectionsCheckingInterval: 20, headersTimeout: LIMIT_MS, requestTimeout: LIMIT_MS };
const DESTROYED = { reason: "timeout", tcp: ["ESTABLISHED"] } as const;
const ANY_END = ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "CLOSED", "LAST_ACK"] as const;

const withTimeout = (server: Server): void => void server.setTimeout(LIMIT_MS);

test("keepAliveTimeout", () =>
  expectAll(HTTP1, {
    idle: async (kind) => {
      const { story } = await beginIdle(kind, undefined, {}, (server) => {
        // Node adds a second to avoid races with clients. Newer versions let us switch that off.
        Object.assign(server, { keepAliveTimeout: 20, keepAliveTimeoutBuffer: 0 });
      });
      return () => story.expect({ ...DESTROYED, states: "new active idle closed", served: 1 });
    },
  }));

test("server.setTimeout() on HTTP/1", () =>
  expectAll(HTTP1, {
    "before any request": async (kind) => {
      const { story } = await begin(kind, undefined, {}, withTimeout);
      return () => story.expect({ ...DESTROYED, states: "new closed" });
    },
    "with a request in flight": async (kind) => {
      const { story } = await beginInFlight(kind, undefined, {}, withTimeout);
      return () => story.expect({ ...DESTROYED, states: "new active closed", inFlight: 1 });
    },
    "with a listener that lets the connection live: its end later has another reason": async (kind) => {
      const { story, server, client, tracker } = await begin(kind, undefined, {}, (it) =>
        it.setTimeout(LIMIT_MS, () => {}),
      );
      const timedOut = once(server, "timeout");
      return async () => {
        await timedOut;
        const idle = once(tracker, "idle");
        await client.get();
        await idle;
        client.end();
        const tcp = ["CLOSED", "LAST_ACK"] as const;
        await story.expect({ reason: "client-end", tcp, states: "new active idle closed", served: 1 });
      };
    },
    "with a listener that destroys the socket": async (kind) => {
      const destroy = (server: Server) => server.setTimeout(LIMIT_MS, (socket) => socket.destroy());
      const { story } = await beginInFlight(kind, undefined, {}, destroy);
      return () => story.expect({ ...DESTROYED, states: "new active closed", inFlight: 1 });
    },
  }));

// An http2 server does not check these limits.
test("headersTimeout and requestTimeout", () =>
  expectAll(
    HTTP1.filter((kind) => kind !== "h2-http1"),
    {
      "the headers do not end": async (kind) => {
        const { story, client } = await begin(kind, undefined, CHECKED);
        (client as Http1Client).stream.write("GET / HTTP/1.1\r\nHost: ");
        return async () => {
          await story.expect({ ...DESTROYED, code: "ERR_HTTP_REQUEST_TIMEOUT", states: "new closed" });
          expect((client as Http1Client).received).toMatch("408 Request Timeout");
        };
      },
      "nothing comes": async (kind) => {
        const { story } = await begin(kind, undefined, CHECKED);
        return () => story.expect({ ...DESTROYED, code: "ERR_HTTP_REQUEST_TIMEOUT", states: "new closed" });
      },
      "the body does not end": async (kind) => {
        const { story, client, tracker } = await begin(kind, () => {}, CHECKED);
        const active = once(tracker, "active");
        (client as Http1Client).send("/", "Content-Length: 10");
        await active;
        const ending = { code: "ERR_HTTP_REQUEST_TIMEOUT", states: "new active closed", inFlight: 1 } as const;
        return () => story.expect({ ...DESTROYED, ...ending });
      },
    },
  ));

test("server.setTimeout() on HTTP/2", () =>
  expectAll(HTTP2, {
    idle: async (kind) => {
      const { story } = await beginIdle(kind, undefined, {}, withTimeout);
      return () => story.expect({ reason: "timeout", tcp: ANY_END, states: "new active idle closed", served: 1 });
    },
    "with a stream in flight": async (kind) => {
      const { story } = await beginInFlight(kind, undefined, {}, withTimeout);
      return () => story.expect({ reason: "timeout", tcp: ANY_END, states: "new active closed", inFlight: 1 });
    },
  }));
