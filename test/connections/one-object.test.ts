// Every source of a connection leads to the same object, at any time.
import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { SocketSource } from "sockinfo";
import { getConnection, tryGetConnection } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { until } from "../helpers/servers";
import { connect } from "../helpers/http-clients";
import { HTTP2, isHttp2, KINDS, type Kind } from "../helpers/http-servers";
import { serve } from "./helpers/servers";

/** The results of `tryGetConnection`, by source and moment. */
type Found = Record<string, unknown>;

/** Looks now, and again when the source closes. */
function look(
  found: Found,
  name: string,
  source: SocketSource & { once(event: "close", listener: () => void): unknown },
): void {
  found[name] = tryGetConnection(source);
  source.once("close", () => (found[`${name}, in its 'close'`] = tryGetConnection(source)));
}

async function follow(kind: Kind, handler: (found: Found) => RequestListener): Promise<{ found: Found; one: unknown }> {
  const found: Found = {};
  const { server, tracker } = await serve(kind, handler(found));
  server.on("connection", (socket: Socket) => look(found, "the accepted socket", socket));
  server.on("secureConnection", (socket: Socket) => look(found, "the TLS socket", socket));
  server.on("session", (session: ServerHttp2Session) => look(found, "the session", session));
  server.on("stream", (stream: ServerHttp2Stream) => {
    look(found, "the stream", stream);
    found["the session of the stream"] = tryGetConnection(stream.session as ServerHttp2Session);
    found["the socket of the session"] = tryGetConnection((stream.session as ServerHttp2Session).socket);
  });
  const one = once(tracker, "new");
  const closed = once(tracker, "closed");
  const client = await connect(server, kind);
  await client.get("/first");
  await client.get("/second");
  client.end();
  await closed;
  await until(() => "the accepted socket, in its 'close'" in found);
  await new Promise(setImmediate);
  return { found, one: (await one)[0] };
}

describe.each(KINDS)("%s", (kind) => {
  test("every source leads to the connection, also after the end", async () => {
    let kept: [IncomingMessage, ServerResponse] | undefined;
    const { found, one } = await follow(kind, (into) => (req, res) => {
      kept = [req, res];
      look(into, `the request ${req.url}`, req);
      look(into, `the response ${req.url}`, res);
      into[`the socket of ${req.url}`] = tryGetConnection(req.socket);
      into[`the response's socket of ${req.url}`] = tryGetConnection(res.socket as Socket);
      res.once("finish", () => (into[`the response ${req.url}, in its 'finish'`] = tryGetConnection(res)));
      res.end("ok");
    });
    const sides = Object.keys(found);
    expect(sides).toEqual(
      expect.arrayContaining(["the request /first, in its 'close'", "the response /second, in its 'close'"]),
    );
    if (HTTP2.includes(kind))
      expect(sides).toEqual(expect.arrayContaining(["the session, in its 'close'", "the stream, in its 'close'"]));
    expect(sides.filter((side) => found[side] !== one)).toEqual([]);
    for (const source of kept ?? []) expect(getConnection(source)).toBe(one);
  });

  test("an aborted request leads to the connection", async () => {
    const { server, tracker } = await serve(kind);
    const requested = once(server, "request");
    const client = await connect(server, kind);
    const [one] = tracker;
    client.send("/hang");
    const [req, res] = (await requested) as [IncomingMessage, ServerResponse];
    const closed = once(res, "close");
    client.wire.destroy();
    await closed;
    expect(getConnection(req)).toBe(one);
    expect(getConnection(res)).toBe(one);
  });

  test("a connection has its addresses", async () => {
    const { server, tracker } = await serve(kind);
    const { wire } = await connect(server, kind);
    const [connection] = tracker;
    expect(connection).toMatchObject({ adopted: false, socket: expect.anything() as unknown });
    if (kind === "unix") {
      expect(connection?.local).toEqual({ family: "unix", path: server.address() });
      expect(connection?.remote).toBeUndefined();
      expect(connection?.getPeerCredentials().pid).toBe(process.pid);
      return;
    }
    expect(connection?.local).toEqual({ family: "IPv4", address: "127.0.0.1", port: wire.remotePort });
    expect(connection?.remote).toEqual({ family: "IPv4", address: "127.0.0.1", port: wire.localPort });
    expect(connection?.getTcpInfo().state).toBe("ESTABLISHED");
  });

  test("a connection has its protocol", async () => {
    const { server, tracker } = await serve(kind);
    await (await connect(server, kind)).get();
    const [connection] = tracker;
    expect(connection?.protocol).toBe(isHttp2(kind) ? kind : "http/1.1");
    expect(connection?.tlsSocket === undefined).toBe(kind === "http" || kind === "unix" || kind === "h2c");
  });
});

test("ids are unique, across servers and trackers", async () => {
  const ids = new Set<number>();
  for (const kind of KINDS) {
    const { server, tracker } = await serve(kind);
    await connect(server, kind);
    await connect(server, kind);
    await until(() => tracker.size === 2);
    for (const { id } of tracker) ids.add(id);
  }
  expect(ids.size).toBe(2 * KINDS.length);
});
