// Connections that the client ends by FIN or RST, before any request, when idle, and with a request in flight.
import { once } from "node:events";
import { constants } from "node:http2";
import tls from "node:tls";
import type { Connection } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { until } from "../helpers/servers";
import { dial, type Http2Client } from "../helpers/http-clients";
import { HTTP1, HTTP2, isTls, KINDS, type Kind } from "../helpers/http-servers";
import { serve } from "./helpers/servers";
import { begin, beginIdle, beginInFlight } from "./helpers/stories";

/** Node answers a FIN with its own at once. The kernel may not have the last ACK yet. */
const BOTH_FINS = ["CLOSED", "LAST_ACK"] as const;
/** The states of a side that has sent a FIN. */
const ENDED_STATES = ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", ...BOTH_FINS] as const;
const FIN = { reason: "client-end", tcp: BOTH_FINS } as const;
/** A client that resets may not have read everything. */
const RST = { reason: "client-reset", tcp: ["CLOSED"], code: "ECONNRESET", isAllRead: false } as const;

describe.each(KINDS)("%s", (kind) => {
  test("FIN before any request", async () => {
    const { client, story } = await begin(kind);
    client.end();
    await story.expect({ ...FIN, states: "new closed" });
  });

  test("FIN when idle", async () => {
    const { client, story } = await beginIdle(kind);
    client.end();
    await story.expect({ ...FIN, states: "new active idle closed", served: 1 });
  });
});

/** Unix sockets have no RST. */
const isTcp = (kind: Kind): boolean => kind !== "unix";

describe.each(KINDS.filter(isTcp))("%s", (kind) => {
  test("RST before any request", async () => {
    const { client, story } = await begin(kind);
    client.wire.resetAndDestroy();
    await story.expect({ ...RST, states: "new closed" });
  });

  test("RST when idle", async () => {
    const { client, story } = await beginIdle(kind);
    client.wire.resetAndDestroy();
    await story.expect({ ...RST, states: "new active idle closed", served: 1 });
  });
});

const ABORTED = { states: "new active closed", inFlight: 1 } as const;

describe.each(HTTP1)("%s, a request in flight", (kind) => {
  test("FIN", async () => {
    const { client, story } = await beginInFlight(kind);
    client.end();
    await story.expect({ ...FIN, ...ABORTED });
  });
});

describe.each(HTTP1.filter(isTcp))("%s, a request in flight", (kind) => {
  test("RST", async () => {
    const { client, story } = await beginInFlight(kind);
    client.wire.resetAndDestroy();
    await story.expect({ ...RST, ...ABORTED });
  });
});

describe.each(HTTP2)("%s, a stream in flight", (kind) => {
  test("FIN without GOAWAY", async () => {
    const { client, story } = await beginInFlight(kind);
    client.wire.end();
    await story.expect({ ...FIN, ...ABORTED });
  });

  test("RST", async () => {
    const { client, story } = await beginInFlight(kind);
    client.wire.resetAndDestroy();
    await story.expect({ ...RST, ...ABORTED });
  });

  test("session.destroy()", async () => {
    const { client, story } = await beginInFlight(kind);
    (client as Http2Client).session.destroy();
    await story.expect({ ...FIN, ...ABORTED, isAllRead: false });
  });

  test("session.close(), which waits for the response", async () => {
    let answer = (): void => {};
    const { client, story, tracker } = await begin(kind, (_, res) => (answer = () => res.end("ok")));
    const active = once(tracker, "active");
    client.send("/");
    await active;
    client.end();
    await once((client as Http2Client).session, "goaway");
    answer();
    await story.expect({ ...FIN, states: "new active closed", served: 1 });
  });

  test("GOAWAY with an error code", async () => {
    const { client, story, connection } = await beginIdle(kind);
    const { session } = client as Http2Client;
    session.goaway(constants.NGHTTP2_PROTOCOL_ERROR);
    await until(() => connection.closeError !== undefined);
    session.destroy();
    const left = { reason: "client-end", code: "ERR_HTTP2_SESSION_ERROR", isAllRead: false } as const;
    await story.expect({ ...left, tcp: ENDED_STATES, states: "new active idle closed", served: 1 });
  });
});

describe.each(KINDS.filter(isTls))("%s", (kind) => {
  // The server has read the handshake's last message and has not written its tickets yet. Node loses the error, and
  // reads an end.
  test("RST just after the handshake", async () => {
    const { server, tracker } = await serve(kind);
    const closed = once(tracker, "closed");
    const wire = await dial(server);
    server.once("secureConnection", () => wire.resetAndDestroy());
    tls.connect({ socket: wire, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] }).on("error", () => {});
    const [connection] = (await closed) as [Connection];
    expect(connection.closeReason).toBe("client-reset");
  });
});
