// Connections that a time limit of the server ends.
import { once } from "node:events";
import type { Server } from "node:http";
import { describe, expect, test } from "vitest";
import type { Http1Client } from "../helpers/http-clients";
import { HTTP1, HTTP2 } from "../helpers/http-servers";
import { begin, beginIdle, beginInFlight } from "./helpers/stories";

/** Long enough for what comes before it, on a busy machine too. */
const LIMIT_MS = 300;
/** Node looks for requests that take too long as often as this says. */
const CHECKED = { connectionsCheckingInterval: 20, headersTimeout: LIMIT_MS, requestTimeout: LIMIT_MS };
const DESTROYED = { reason: "timeout", tcp: ["ESTABLISHED"] } as const;
const ANY_END = ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "CLOSED", "LAST_ACK"] as const;

const withTimeout = (server: Server): void => void server.setTimeout(LIMIT_MS);

describe.each(HTTP1)("%s", (kind) => {
  test("keepAliveTimeout", async () => {
    const { story } = await beginIdle(kind, undefined, {}, (server) => {
      // Node adds a second where it can, so as not to race with clients.
      Object.assign(server, { keepAliveTimeout: 20, keepAliveTimeoutBuffer: 0 });
    });
    await story.expect({ ...DESTROYED, states: "new active idle closed", served: 1 });
  });

  test("server.setTimeout(), before any request", async () => {
    const { story } = await begin(kind, undefined, {}, withTimeout);
    await story.expect({ ...DESTROYED, states: "new closed" });
  });

  test("server.setTimeout(), a request under way", async () => {
    const { story } = await beginInFlight(kind, undefined, {}, withTimeout);
    await story.expect({ ...DESTROYED, states: "new active closed", inFlight: 1 });
  });

  // Who listens decides: the connection goes on, and what ends it later is not the timeout.
  test("server.setTimeout() with a listener that leaves it alone", async () => {
    const { story, server, client, tracker } = await begin(kind, undefined, {}, (it) =>
      it.setTimeout(LIMIT_MS, () => {}),
    );
    await once(server, "timeout");
    const idle = once(tracker, "idle");
    await client.get();
    await idle;
    client.end();
    const tcp = ["CLOSED", "LAST_ACK"] as const;
    await story.expect({ reason: "client-end", tcp, states: "new active idle closed", served: 1 });
  });

  test("server.setTimeout() with a listener that destroys it", async () => {
    const destroy = (server: Server) => server.setTimeout(LIMIT_MS, (socket) => socket.destroy());
    const { story } = await beginInFlight(kind, undefined, {}, destroy);
    await story.expect({ ...DESTROYED, states: "new active closed", inFlight: 1 });
  });
});

// An http2 server has no such check.
describe.each(HTTP1.filter((kind) => kind !== "h2-http1"))("%s", (kind) => {
  test("headersTimeout: the headers do not end", async () => {
    const { story, client } = await begin(kind, undefined, CHECKED);
    (client as Http1Client).stream.write("GET / HTTP/1.1\r\nHost: ");
    await story.expect({ ...DESTROYED, code: "ERR_HTTP_REQUEST_TIMEOUT", states: "new closed" });
    expect((client as Http1Client).received).toMatch("408 Request Timeout");
  });

  test("headersTimeout: nothing comes", async () => {
    const { story } = await begin(kind, undefined, CHECKED);
    await story.expect({ ...DESTROYED, code: "ERR_HTTP_REQUEST_TIMEOUT", states: "new closed" });
  });

  test("requestTimeout: the body does not end", async () => {
    const { story, client } = await begin(kind, () => {}, CHECKED);
    (client as Http1Client).send("/", "Content-Length: 10");
    await story.expect({
      ...DESTROYED,
      code: "ERR_HTTP_REQUEST_TIMEOUT",
      states: "new active closed",
      inFlight: 1,
    });
  });
});

describe.each(HTTP2)("%s", (kind) => {
  test("server.setTimeout(), when idle", async () => {
    const { story } = await beginIdle(kind, undefined, {}, withTimeout);
    await story.expect({ reason: "timeout", tcp: ANY_END, states: "new active idle closed", served: 1 });
  });

  test("server.setTimeout(), a stream under way", async () => {
    const { story } = await beginInFlight(kind, undefined, {}, withTimeout);
    await story.expect({ reason: "timeout", tcp: ANY_END, states: "new active closed", inFlight: 1 });
  });
});
