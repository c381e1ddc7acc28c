// States and request counts over HTTP/2, where streams are the requests, and many are in flight at once.
import { once } from "node:events";
import {
  constants,
  type ClientHttp2Stream,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Stream,
} from "node:http2";
import { describe, expect, test } from "vitest";
import { until } from "../helpers/servers";
import type { Http2Client } from "../helpers/http-clients";
import { HTTP2 } from "../helpers/http-servers";
import { begin, type Scene } from "./helpers/stories";

const CLIENT_END = { reason: "client-end", tcp: ["CLOSED", "LAST_ACK"] } as const;

function respondWithTrailers(_: ServerHttp2Stream, res: Http2ServerResponse): void {
  res.addTrailers({ "x-end": "1" });
  res.end("ok");
}

type Http2Scene = Scene & { readonly client: Http2Client };

async function beginHttp2(...parameters: Parameters<typeof begin>): Promise<Http2Scene> {
  return (await begin(...parameters)) as Http2Scene;
}

describe.each(HTTP2)("%s", (kind) => {
  test("simultaneous streams: active once, and idle when the last one is closed", async () => {
    const waiting: (() => void)[] = [];
    const { client, story, tracker, connection } = await beginHttp2(kind, (_, res) =>
      waiting.push(() => res.end("ok")),
    );
    for (const path of ["/1", "/2", "/3"]) client.send(path);
    await until(() => waiting.length === 3);
    expect(connection).toMatchObject({ state: "active", requests: { inFlight: 3, served: 0 } });
    waiting[1]?.();
    waiting[0]?.();
    await until(() => connection.requests.served === 2);
    expect(connection).toMatchObject({ state: "active", requests: { inFlight: 1 } });
    const idle = once(tracker, "idle");
    waiting[2]?.();
    await idle;
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle closed", served: 3 });
  });

  test.each<[string, (stream: ServerHttp2Stream, res: Http2ServerResponse) => void]>([
    ["headers only", (stream) => stream.respond({ ":status": 204 }, { endStream: true })],
    ["a file", (stream) => stream.respondWithFile(__filename)],
    ["more bytes than the window", (stream) => (stream.respond(), stream.end(Buffer.alloc(300_000)))],
    ["trailers", respondWithTrailers],
  ])("a response of %s is served", async (_, respond) => {
    const { client, story, tracker } = await beginHttp2(kind, ((req: Http2ServerRequest, res: Http2ServerResponse) =>
      respond(req.stream, res)) as never);
    const idle = once(tracker, "idle");
    client.send("/");
    await idle;
    await client.flush();
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle closed", served: 1 });
  });

  test("a stream that the client cancels is not served", async () => {
    const { client, story, tracker } = await beginHttp2(kind);
    const active = once(tracker, "active");
    const stream = client.session.request({ ":path": "/hang" });
    await active;
    const idle = once(tracker, "idle");
    stream.close(constants.NGHTTP2_CANCEL);
    await idle;
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle closed" });
  });

  test("a stream that this side refuses is not served", async () => {
    const { client, story, tracker } = await beginHttp2(kind, ((req: Http2ServerRequest) => {
      req.stream.close(constants.NGHTTP2_REFUSED_STREAM);
    }) as never);
    const idle = once(tracker, "idle");
    client.send("/");
    await idle;
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle closed" });
  });

  test("a response that the end of the session cuts off is not served", async () => {
    const { client, story } = await beginHttp2(kind, (req, res) => {
      res.write("half");
      setImmediate(() => (req as unknown as Http2ServerRequest).stream.session?.destroy());
    });
    client.send("/");
    const tcp = ["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "CLOSED"] as const;
    await story.expect({ reason: "server-end", tcp, states: "new active closed", inFlight: 1 });
  });

  test("CONNECT takes over a stream, not the connection", async () => {
    const { client, story, tracker, server } = await beginHttp2(kind);
    server.on("connect", ((_: unknown, res: { stream: { respond(): void; end(text: string): void } }) => {
      res.stream.respond();
      res.stream.end("tunnel");
    }) as never);
    const idle = once(tracker, "idle");
    const stream: ClientHttp2Stream = client.session.request({ ":method": "CONNECT", ":authority": "localhost:1" });
    stream.resume().end();
    await idle;
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle closed", served: 1 });
  });
});
