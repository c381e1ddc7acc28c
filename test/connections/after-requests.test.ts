// The result of each function in the last events of a request: 'aborted', 'error', 'finish' and 'close'. Access logs
// are written there. Compared with the client's end of the connection.
import type { EventEmitter } from "node:events";
import type { IncomingMessage, RequestListener } from "node:http";
import { constants, type Http2ServerRequest } from "node:http2";
import type { Server } from "node:net";
import {
  getFd,
  getPeerCredentials,
  getPeerIdentity,
  getSocket,
  getTcpInfo,
  getTcpInfoBytes,
  openPeerProcess,
  type SocketSource,
} from "sockinfo";
import {
  getCurrentConnection,
  enableCurrentSocket,
  getConnection,
  measureRequest,
  trackConnections,
  tryGetConnection,
} from "sockinfo/connections";
import { describePeer, lookUpPeerNames } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { until } from "../helpers/servers";
import { connect, type Client, type Http2Client } from "../helpers/http-clients";
import { HTTP2, isHttp2, KINDS, type Kind, makeServer, open } from "../helpers/http-servers";

/** The results of the functions, or the codes of the errors that they threw. */
type Sighting = Record<"peer" | "connection" | "tcp" | "bytes" | "uid" | "identity" | "process" | "fd", unknown>;

function look(source: SocketSource): Sighting {
  return {
    peer: describePeer(source),
    connection: outcomeOf(() => getConnection(source).id > 0),
    tcp: outcomeOf(() => getTcpInfo(source).platform === process.platform),
    bytes: outcomeOf(() => getTcpInfoBytes(source).length > 0),
    uid: outcomeOf(() => getPeerCredentials(source).uid),
    identity: outcomeOf(() => getPeerIdentity(source).uid),
    process: outcomeOf(() => {
      openPeerProcess(source).close();
      return true;
    }),
    fd: outcomeOf(() => getFd(source) >= 0),
  };
}

function outcomeOf(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

const EVENTS = ["aborted", "error", "finish", "close"];

/** Looks at one request in all of its last events, from all objects that its handler has. */
async function watch(kind: Kind, isTracked: boolean, isAsked: boolean, end: (client: Client) => void) {
  const seen = new Map<string, Sighting>();
  let isOver = false;
  const handler: RequestListener = (req, res) => {
    if (isAsked) describePeer(req);
    const { stream } = req as unknown as Http2ServerRequest;
    const sources: Record<string, EventEmitter | undefined> = { req, res, stream };
    for (const [name, source] of Object.entries(sources)) {
      for (const event of EVENTS)
        source?.on(event, () => seen.set(`${name} ${event}`, look(source as IncomingMessage)));
    }
    res.once("close", () => setImmediate(() => (isOver = true)));
    res.write("x");
    if (req.url === "/") res.end();
  };
  const { client } = await scene(kind, isTracked, handler);
  const peer =
    kind === "unix"
      ? `unix:uid=${process.geteuid?.()},pid=${process.pid}`
      : `tcp:127.0.0.1:${String(client.wire.localPort)}`;
  end(client);
  await until(() => isOver);
  return { seen, peer };
}

/** The client of `/hang` breaks off the connection during the response. */
async function scene(kind: Kind, isTracked: boolean, handler: RequestListener) {
  let abort = (): void => {};
  const server: Server = makeServer(kind, (req, res) => {
    handler(req, res);
    if (req.url === "/hang") setTimeout(() => abort(), 10);
  });
  const tracker = isTracked ? trackConnections(server) : undefined;
  onTestFinished(() => tracker?.close());
  await open(server, kind);
  const client = await connect(server, kind);
  abort = () => void client.wire.destroy();
  return { client, tracker };
}

const answered = (client: Client): void => client.send("/");
const aborted = (client: Client): void => client.send("/hang");

const CLOSED = "ERR_SOCKINFO_SOCKET_CLOSED";
const uid = process.geteuid?.();
const hasPidfd = !lacks("pidfd");

/** The expected results while the connection lives. */
function live(kind: Kind, peer: string): Partial<Sighting> {
  if (kind !== "unix") return { peer, tcp: true, bytes: true, uid: "ERR_SOCKINFO_NOT_UNIX", fd: true };
  const ofProcess = hasPidfd ? { process: true } : {};
  return { peer, tcp: "ERR_SOCKINFO_NOT_TCP", uid, identity: uid, fd: true, ...ofProcess };
}

/** The expected results after it has closed: what was known then. Functions that need the descriptor throw. */
function closed(kind: Kind, peer: string): Partial<Sighting> {
  const gone = { bytes: CLOSED, identity: CLOSED, process: CLOSED, fd: CLOSED };
  return kind === "unix" ? { peer, tcp: CLOSED, uid, ...gone } : { peer, tcp: true, uid: CLOSED, ...gone };
}

const LAST = ["req close", "res close"];

describe.each(KINDS)("%s, on a tracked server", (kind) => {
  test.each([true, false])(
    "an answered request (peer described before: %s): all results are as in the handler",
    async (isAsked) => {
      const { seen, peer } = await watch(kind, true, isAsked, answered);
      expect([...seen.keys()]).toEqual(expect.arrayContaining(["res finish", ...LAST]));
      for (const [moment, sighting] of seen) {
        expect(sighting, moment).toMatchObject({ connection: true, ...live(kind, peer) });
      }
    },
  );

  test.each([true, false])("an aborted request (peer described before: %s): the final results", async (isAsked) => {
    const { seen, peer } = await watch(kind, true, isAsked, aborted);
    expect([...seen.keys()]).toEqual(expect.arrayContaining(["req aborted", ...LAST]));
    for (const [moment, sighting] of seen) {
      expect(sighting, moment).toMatchObject({ connection: true, ...closed(kind, peer) });
    }
  });
});

describe.each(KINDS)("%s, without a tracker", (kind) => {
  test("an answered request: all results on HTTP/1; on HTTP/2 only the peer described before", async () => {
    const { seen, peer } = await watch(kind, false, true, answered);
    for (const moment of ["res finish", ...LAST]) {
      const expected = isHttp2(kind) ? { peer, tcp: CLOSED, bytes: CLOSED, uid: CLOSED, fd: CLOSED } : live(kind, peer);
      const connection = isHttp2(kind) ? CLOSED : "ERR_SOCKINFO_NOT_TRACKED";
      expect(seen.get(moment), moment).toMatchObject({ connection, ...expected });
    }
  });

  test("an aborted request: only the peer described before", async () => {
    const { seen, peer } = await watch(kind, false, true, aborted);
    for (const [moment, sighting] of seen) {
      expect(sighting, moment).toMatchObject({ peer, tcp: CLOSED, bytes: CLOSED, uid: CLOSED, fd: CLOSED });
    }
  });
});

test.each(HTTP2)("%s: when the client resets a stream, its connection still lives", async (kind) => {
  const { seen, peer } = await watch(kind, true, false, (client) => {
    const stream = (client as Http2Client).session.request({ ":path": "/reset" });
    stream.on("error", () => {}).once("data", () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  });
  expect([...seen.keys()]).toEqual(expect.arrayContaining(["req aborted", "stream error", ...LAST]));
  for (const [moment, sighting] of seen) {
    expect(sighting, moment).toMatchObject({ connection: true, ...live(kind, peer) });
  }
});

/** Calls `act` when the request has closed, and returns its result. */
async function whenClosed<T>(kind: Kind, end: (client: Client) => void, act: (req: IncomingMessage) => T) {
  let outcome: { readonly value: T } | undefined;
  const { client } = await scene(kind, true, (req, res) => {
    res.once("close", () => (outcome = { value: act(req) }));
    res.write("x");
    if (req.url === "/") res.end();
  });
  end(client);
  await until(() => outcome !== undefined);
  return (outcome as { value: T }).value;
}

describe.each(KINDS.filter((kind) => kind !== "unix"))("%s, an aborted request", (kind) => {
  test("leads to a copy of finalTcpInfo; its socket and session do not", async () => {
    const { final, copy, again, ofSocket } = await whenClosed(kind, aborted, (req) => {
      const connection = getConnection(req);
      const { socket, tlsSocket, http2Session } = connection;
      const sources = [socket, tlsSocket, http2Session].filter((source) => source !== undefined);
      const answers = sources.map((source) => outcomeOf(() => getTcpInfo(source)));
      return { final: connection.finalTcpInfo, copy: getTcpInfo(req), again: getTcpInfo(req), ofSocket: answers };
    });
    expect(copy).toEqual(final);
    expect(copy).not.toBe(final);
    expect(again).not.toBe(copy);
    expect(new Set(ofSocket)).toEqual(new Set([CLOSED]));
  });

  test("can no longer be measured", async () => {
    const measure = (req: IncomingMessage) => measureRequest(req).catch(({ code }: NodeJS.ErrnoException) => code);
    expect(await whenClosed(kind, aborted, (req) => ({ code: measure(req) })).then(({ code }) => code)).toBe(CLOSED);
  });
});

test("lookUpPeerNames() of an aborted request", async () => {
  const { names } = await whenClosed("unix", aborted, (req) => ({ names: lookUpPeerNames(req) }));
  expect(await names).toEqual(await lookUpPeerNames({ uid: uid as number, gid: process.getegid?.() as number }));
});

test.each(HTTP2)("%s: getSocket returns the session's proxy, and after the end the closed socket", async (kind) => {
  const [proxy, session] = await whenClosed(kind, answered, (req) => [
    getSocket(req),
    getConnection(req).http2Session?.socket,
  ]);
  expect(proxy === session).toBe(true);
  const [socket, connection] = await whenClosed(kind, aborted, (req) => [getSocket(req), getConnection(req)] as const);
  expect(socket === (connection.tlsSocket ?? connection.socket)).toBe(true);
});

test.each(KINDS)("%s: getCurrentConnection() in 'close' of an aborted request", async (kind) => {
  const currentSocket = enableCurrentSocket();
  onTestFinished(() => currentSocket.close());
  const [current, connection] = await whenClosed(kind, aborted, (req) => [
    getCurrentConnection(),
    tryGetConnection(req),
  ]);
  expect(current?.id).toBe(connection?.id);
  expect(current).toBeDefined();
});

test.each(KINDS)(
  "%s: after tracker.close() a request leads to its connection no more than without a tracker",
  async (kind) => {
    let sighting: Sighting | undefined;
    const { client, tracker } = await scene(kind, true, (req, res) => {
      tracker?.close();
      res.once("close", () => (sighting = look(req)));
      res.write("x");
    });
    client.send("/hang");
    await until(() => sighting !== undefined);
    expect(sighting).toMatchObject({ tcp: CLOSED, uid: CLOSED, fd: CLOSED });
  },
);
