// Connections that end because the client did not send HTTP, with and without listeners of 'clientError'.
import { once } from "node:events";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { dial, secure, type Http1Client } from "../helpers/http-clients";
import { HTTP1, HTTP2, isTls } from "../helpers/http-servers";
import { serve } from "./helpers/servers";
import { begin, beginIdle, Story } from "./helpers/stories";

const GARBAGE = "garbage\r\n\r\n".repeat(10);
const ANY_END = ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "CLOSED", "LAST_ACK"] as const;
const INVALID_METHOD = { reason: "protocol-error", code: "HPE_INVALID_METHOD", tcp: ["ESTABLISHED"] } as const;

describe.each(HTTP1)("%s", (kind) => {
  test("garbage instead of a request", async () => {
    const { client, story } = await begin(kind);
    (client as Http1Client).stream.write(GARBAGE);
    await story.expect({ ...INVALID_METHOD, states: "new closed" });
    expect((client as Http1Client).received).toMatch("400 Bad Request");
  });

  test("garbage after a request", async () => {
    const { client, story } = await beginIdle(kind);
    (client as Http1Client).stream.write(GARBAGE);
    await story.expect({ ...INVALID_METHOD, states: "new active idle closed", served: 1 });
  });

  // http2 servers have no maxHeaderSize.
  test.skipIf(kind === "h2-http1")("too long headers", async () => {
    const { client, story } = await begin(kind, undefined, { maxHeaderSize: 100 });
    (client as Http1Client).send("/", `X: ${"x".repeat(2000)}`);
    await story.expect({ ...INVALID_METHOD, code: "HPE_HEADER_OVERFLOW", states: "new closed" });
  });

  test("a listener of 'clientError' that answers and ends", async () => {
    const answer = (server: Server) => server.on("clientError", (_, socket) => socket.end("HTTP/1.1 418\r\n\r\n"));
    const { client, story } = await begin(kind, undefined, {}, answer);
    (client as Http1Client).stream.write(GARBAGE);
    await story.expect({ ...INVALID_METHOD, tcp: ANY_END, states: "new closed" });
    expect((client as Http1Client).received).toBe("HTTP/1.1 418\r\n\r\n");
  });

  test.each([
    ["does nothing", () => {}],
    ["only answers", (_: Error, socket: Socket) => void socket.write("HTTP/1.1 400\r\n\r\n")],
  ])("a listener of 'clientError' that %s: what ends the connection later is the reason", async (_name, listener) => {
    const { client, story, server, connection } = await begin(kind, undefined, {}, (it) =>
      it.on("clientError", listener),
    );
    const failed = once(server, "clientError");
    (client as Http1Client).stream.write(GARBAGE);
    await failed;
    await new Promise(setImmediate);
    const alive = { state: "new", closeReason: undefined, closeError: undefined };
    expect(connection).toMatchObject(alive);
    expect(connection.toJSON()).toMatchObject(alive);
    client.end();
    await story.expect({ reason: "client-end", tcp: ANY_END, states: "new closed" });
  });

  test("a listener of 'clientError' that destroys", async () => {
    const destroy = (server: Server) => server.on("clientError", (_, socket) => socket.destroy());
    const { client, story } = await begin(kind, undefined, {}, destroy);
    (client as Http1Client).stream.write(GARBAGE);
    await story.expect({ ...INVALID_METHOD, states: "new closed" });
  });
});

describe.each(HTTP2)("%s", (kind) => {
  test("garbage instead of the preface", async () => {
    const { server, tracker } = await serve(kind);
    const story = new Story(tracker);
    const wire = (story.wire = await dial(server));
    const stream = isTls(kind) ? await secure(wire, "h2") : wire;
    stream.resume().write(GARBAGE);
    await story.expect({ reason: "protocol-error", code: "ERR_HTTP2_ERROR", tcp: ANY_END, states: "new closed" });
  });
});
