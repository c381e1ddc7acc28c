// measureRequest on HTTP/2, with and without TLS, against the bytes of the client's raw socket.
import { once } from "node:events";
import http2 from "node:http2";
import type { Socket } from "node:net";
import tls from "node:tls";
import type { SocketSource } from "sockinfo";
import { measureRequest } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { dial } from "../helpers/http-clients";
import { nextRequest, certificate } from "../helpers/http-servers";
import { startTracked } from "./helpers/requests";

describe.each([
  ["without TLS", () => http2.createServer(), (socket: Socket) => socket],
  [
    "over TLS",
    () => http2.createSecureServer(certificate()),
    (socket: Socket) => tls.connect({ socket, ALPNProtocols: ["h2"], rejectUnauthorized: false }),
  ],
] as const)("HTTP/2 %s", (_name, createServer, secure) => {
  async function open() {
    const server = await startTracked(createServer());
    const raw = await dial(server);
    const session = http2.connect("http://localhost", { createConnection: () => secure(raw) });
    session.on("error", () => {});
    onTestFinished(() => session.destroy());
    const request = () => {
      const stream = session.request({ ":method": "POST" });
      stream.on("error", () => {}).resume();
      return stream;
    };
    /** The client's stream of the next request, and the arguments of its handler. */
    const next = async () => {
      const arrived = nextRequest(server);
      const stream = request();
      return [
        stream,
        ...((await arrived) as unknown as [http2.Http2ServerRequest, http2.Http2ServerResponse]),
      ] as const;
    };
    // After the first response and a PING, both ends have sent all frames that open a connection.
    const [stream, , res] = await next();
    res.end();
    stream.end();
    await once(stream, "close");
    await new Promise((resolve) => session.ping(resolve));
    return { server, raw, session, next };
  }
  const frames = 9 * 4;

  test.each<[string, (req: http2.Http2ServerRequest, res: http2.Http2ServerResponse) => SocketSource]>([
    ["the request", (req) => req],
    ["the response", (_req, res) => res],
    ["the stream", (req) => req.stream],
    ["the socket", (req) => req.socket],
  ])("measured from %s: the bytes that the client has read meanwhile", async (_source, sourceOf) => {
    const { raw, next } = await open();
    const [stream, req, res] = await next();
    const before = raw.bytesRead;
    const measured = measureRequest(sourceOf(req, res));
    const closed = once(stream, "close");
    stream.end();
    res.end(Buffer.alloc(30_000));
    const [cost] = await Promise.all([measured, closed]);
    await until(() => raw.bytesRead - before >= 30_000);
    expect(cost).toMatchObject({ shared: false, aborted: false, acked: true });
    expect((cost.bytesSent ?? 0) - (cost.retransmittedBytes ?? 0)).toBe(raw.bytesRead - before);
    expect(raw.bytesRead - before).toBeGreaterThan(30_000 + frames);
  });

  test("simultaneous streams share the connection, consecutive ones do not", async () => {
    const { next } = await open();
    const [first, req1, res1] = await next();
    const one = measureRequest(req1);
    const [second, req2, res2] = await next();
    // During the second measurement only the rest of the first stream belongs to another request.
    const two = measureRequest(req2);
    for (const stream of [first, second]) stream.end();
    res1.end();
    expect(await one).toMatchObject({ shared: true, aborted: false });
    res2.end();
    expect(await two).toMatchObject({ shared: true, aborted: false });
    const [third, req3, res3] = await next();
    const three = measureRequest(req3);
    third.end();
    res3.end();
    expect(await three).toMatchObject({ shared: false, aborted: false });
    await expect(measureRequest(req3)).rejects.toMatchObject({ code: "ERR_SOCKINFO_NO_REQUEST" });
  });

  test.each<[string, (stream: http2.ClientHttp2Stream, res: http2.Http2ServerResponse) => void]>([
    ["the client cancels", (stream) => stream.close(http2.constants.NGHTTP2_CANCEL)],
    ["the server resets the stream", (_stream, res) => res.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)],
    ["the server destroys the session", (_stream, res) => res.stream.session?.destroy()],
    ["the client leaves", (stream) => stream.session?.destroy()],
  ])("aborted, because %s", async (_cause, end) => {
    const { next } = await open();
    const [stream, req, res] = await next();
    const measured = measureRequest(req);
    res.stream.on("error", () => {});
    res.write("x".repeat(1000));
    await once(stream, "data");
    end(stream, res);
    const cost = await measured;
    expect(cost).toMatchObject({ aborted: true, shared: false });
    expect(cost.bytesSent).toBeGreaterThan(1000);
  });
});
