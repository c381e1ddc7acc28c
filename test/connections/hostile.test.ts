// Other code that interferes with tracked sockets: it wraps _destroy, destroys sockets early, or injects unusual
// streams.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net, { type Socket } from "node:net";
import { Duplex, duplexPair } from "node:stream";
import tls from "node:tls";
import { trackConnections, type Connection } from "sockinfo/connections";
import { expect, onTestFinished, test } from "vitest";
import { listen, portOf, until } from "../helpers/servers";
import { connect, dial, request, secure } from "../helpers/http-clients";
import { certificate, makeServer, open } from "../helpers/http-servers";
import { serve } from "./helpers/servers";

type Destroy = (this: unknown, error: Error | null, callback: (error?: Error | null) => void) => void;

/** As instrumentation libraries do. */
function wrapDestroy(socket: object): { calls: number } {
  const wrapper = { calls: 0 };
  const { _destroy: inner } = socket as { _destroy: Destroy };
  (socket as { _destroy: Destroy })._destroy = function (error, callback) {
    wrapper.calls++;
    inner.call(this, error, callback);
  };
  return wrapper;
}

test("a wrapper of _destroy outlives a tracker, and the next tracker does not hook it again", async () => {
  const server = await open(makeServer("http") as http.Server);
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const first = trackConnections(server);
  const client = await connect(server, "http");
  const [socket] = await accepted;
  const wrapper = wrapDestroy(socket);
  first.close();
  const second = trackConnections(server);
  onTestFinished(() => second.close());
  const closed = once(second, "closed");
  socket.destroy();
  await Promise.all([closed, once(socket, "close"), once(client.wire, "close")]);
  expect(wrapper.calls).toBe(1);
  expect(second.size).toBe(0);
});

test("a stream's own _destroy is still called after others wrapped it and the tracker closed", async () => {
  const server = makeServer("http") as http.Server;
  const tracker = trackConnections(server);
  let destroyed = 0;
  const stream = new Duplex({
    read() {},
    write: (_chunk, _encoding, callback) => callback(),
    destroy(_error, callback) {
      destroyed++;
      callback(null);
    },
  });
  server.emit("connection", stream);
  wrapDestroy(stream);
  tracker.close();
  stream.destroy();
  await once(stream, "close");
  expect(destroyed).toBe(1);
});

test("the same TLS socket given to two tracked servers is one connection, and ends", async () => {
  const inner = http2.createSecureServer(certificate(), (_req, res) => res.end("ok"));
  const outer = tls.createServer({ ...certificate(), ALPNProtocols: ["h2"] });
  outer.on("secureConnection", (socket) => inner.emit("secureConnection", socket));
  const tracker = trackConnections(outer).attach(inner);
  onTestFinished(() => tracker.close());
  await listen(outer);
  const closed = once(tracker, "closed");
  const client = await secure(await dial(outer), "h2");
  const session = http2.connect("https://localhost", { createConnection: () => client });
  await once(session.request({ ":path": "/" }).resume(), "close");
  session.close();
  const [connection] = (await closed) as [Connection];
  expect(connection.requests).toEqual({ served: 1, inFlight: 0 });
  expect(tracker.size).toBe(0);
});

test("a socket that an earlier listener has destroyed is not tracked", async () => {
  const server = await open(makeServer("http") as http.Server);
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  const states: string[] = [];
  tracker.on("state", (_connection, _from, to) => states.push(to));
  server.prependListener("connection", (socket: Socket) => socket.destroy());
  const wire = net.connect({ port: (server.address() as net.AddressInfo).port, host: "127.0.0.1" }).resume();
  wire.on("error", () => {});
  await once(wire, "close");
  expect(tracker.size).toBe(0);
  expect(states).toEqual([]);
});

test("a stream with its own destroy() is closed at its 'close'", async () => {
  class Channel extends Duplex {
    override _read(): void {}
    override _write(_chunk: unknown, _encoding: unknown, callback: () => void): void {
      callback();
    }
    override destroy(): this {
      setImmediate(() => this.emit("close"));
      return this;
    }
  }
  const server = makeServer("http") as http.Server;
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  const channel = new Channel();
  server.emit("connection", channel);
  expect(tracker.size).toBe(1);
  const closed = once(tracker, "closed");
  channel.destroy();
  await closed;
  expect(tracker.size).toBe(0);
});

test("a session that an earlier listener has destroyed", async () => {
  const server = await open(makeServer("h2c") as http.Server, "h2c");
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  server.prependListener("session", (session: http2.ServerHttp2Session) => session.destroy());
  const closed = once(tracker, "closed");
  const wire = await dial(server);
  wire.resume();
  const [connection] = (await closed) as [Connection];
  expect(connection.protocol).toBe("h2c");
});

test("an HTTP/2 stream that is given to an HTTP/1 server is a connection of its own", async () => {
  const inner = http.createServer((_req, res) => res.end("ok"));
  const outer = http2.createServer().on("stream", (stream) => {
    stream.respond();
    inner.emit("connection", stream);
  });
  await listen(outer);
  const tracker = trackConnections(outer as never).attach(inner);
  onTestFinished(() => tracker.close());
  const session = http2.connect(`http://127.0.0.1:${(outer.address() as net.AddressInfo).port}`);
  const tunnel = session.request({ ":method": "CONNECT", ":authority": "localhost" });
  const idle = new Promise<Connection>((resolve) => {
    tracker.on("idle", (connection) => connection.protocol === "http/1.1" && resolve(connection));
  });
  tunnel.write(request("/"));
  const within = await idle;
  expect(within.requests).toEqual({ served: 1, inFlight: 0 });
  expect([...tracker].map(({ protocol, requests }) => ({ protocol, ...requests }))).toEqual([
    { protocol: "h2c", served: 0, inFlight: 1 },
    { protocol: "http/1.1", served: 1, inFlight: 0 },
  ]);
  const closed = once(tracker, "closed");
  session.destroy();
  await closed;
});

test("a time limit that a listener has handled is not the reason for a later end", async () => {
  const server = net.createServer((socket) => {
    socket.setTimeout(5, () => socket.setTimeout(0).write("still there"));
  });
  await listen(server);
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  const wire = await dial(server);
  await once(wire, "data");
  await new Promise(setImmediate);
  const closed = once(tracker, "closed");
  for (const { socket } of tracker) socket.end();
  wire.resume().end();
  const [connection] = (await closed) as [Connection];
  expect(connection.closeReason).toBe("server-end");
});

test("a tracker that is attached between pipelined requests does not report idle too early", async () => {
  const answers: (() => void)[] = [];
  const server = await open(makeServer("http", (_, res) => answers.push(() => res.end("ok"))) as http.Server);
  const client = await connect(server, "http");
  client.wire.write(request("/1") + request("/2"));
  await until(() => answers.length === 2);
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  const [connection] = tracker;
  expect(connection?.state).toBe("active");
  answers[0]?.();
  await once(client.wire, "data");
  expect(connection?.state).toBe("active");
  client.wire.write(request("/3"));
  await until(() => answers.length === 3);
  answers[1]?.();
  await once(client.wire, "data");
  expect(connection).toMatchObject({ state: "active", requests: { inFlight: 1 } });
  const idle = once(tracker, "idle");
  answers[2]?.();
  await idle;
});

test("an injected Duplex has neither the path of the server nor another connection's TCP_INFO", async () => {
  const { server, tracker } = await serve("unix");
  const [near, far] = duplexPair();
  Object.assign(near, { socket: await dial(server) });
  const closed = new Promise<Connection>((resolve) => {
    tracker.on("closed", (connection) => (connection.socket as Duplex) === near && resolve(connection));
  });
  server.emit("connection", near);
  far.destroy();
  near.destroy();
  const { local, finalTcpInfo, finalTcpInfoError } = await closed;
  expect({ local, finalTcpInfo }).toEqual({ local: undefined, finalTcpInfo: undefined });
  expect(finalTcpInfoError?.code).toBe("ERR_SOCKINFO_NO_SOCKET");
});

test("an injected stream of HTTP/2 does not have the TCP_INFO of its session's connection", async () => {
  const { server, tracker } = await serve("h2c");
  const inner = http.createServer();
  tracker.attach(inner);
  const streamed = once(server, "stream");
  const session = http2.connect(`http://127.0.0.1:${portOf(server)}`);
  onTestFinished(() => session.destroy());
  session.request({ ":method": "CONNECT", ":authority": "a" }).on("error", () => {});
  const [stream] = (await streamed) as [http2.ServerHttp2Stream];
  inner.emit("connection", stream);

  const [outer, injected] = tracker;
  expect((injected?.socket as Duplex | undefined) === stream).toBe(true);
  const noSocket = expect.objectContaining({ code: "ERR_SOCKINFO_NO_SOCKET" }) as Error;
  expect(() => injected?.getTcpInfo()).toThrow(noSocket);
  expect(() => injected?.getPeerCredentials()).toThrow(noSocket);
  const snapshot = await tracker.takeSnapshot();
  expect([snapshot.size, snapshot.skipped]).toEqual([1, 1]);
  expect([...snapshot].map(([connection]) => connection)).toEqual([outer]);
});

test('"closed" is emitted even if a listener of "state" throws', async () => {
  const { server, tracker } = await serve("http");
  const client = await connect(server, "http");
  await client.get();
  const thrown = new Promise<unknown>((resolve) => {
    const others = process.rawListeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => {
      for (const other of others) process.on("uncaughtException", other as () => void);
      resolve(error);
    });
  });
  tracker.on("state", (_connection, _from, to) => {
    if (to === "closed") throw new Error("of the user");
  });
  const closed = once(tracker, "closed");
  client.end();
  await closed;
  expect(await thrown).toMatchObject({ message: "of the user" });
});
