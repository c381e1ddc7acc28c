// describeTcp() on every kind of server, against ss and what the client did: in the handler, and after the request.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:net";
import { trackConnections } from "sockinfo/connections";
import { describeTcp, type TcpDescription } from "sockinfo/logging";
import { describe, expect, onTestFinished, test } from "vitest";
import { runNode } from "../helpers/child";
import { connect } from "../helpers/http-clients";
import { KINDS, makeServer, open, type Kind } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { codeOf } from "../helpers/refusals";
import { connectPair, listen, socketPath, until } from "../helpers/servers";
import { readSs } from "../helpers/ss";

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

const ORDER = [
  "connectionId",
  "connectionRequests",
  "tcpState",
  "rttMs",
  "minRttMs",
  "dataSegmentsSent",
  "retransmittedSegments",
  "notSentBytes",
  "deliveryRateBytesPerSecond",
  "closeReason",
];

const isFlat = (description: object): boolean =>
  Object.values(description).every((value) => ["string", "number"].includes(typeof value));

/** A tracked server and its client. */
async function start(kind: Kind, handler: Handler) {
  const server = makeServer(kind, handler);
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  await open(server, kind);
  return connect(server, kind);
}

describe.each(KINDS)("%s", (kind) => {
  test("in the handler, 'finish' and 'close', with the number of the request", async () => {
    const seen: [string, TcpDescription | undefined][] = [];
    const client = await start(kind, (req, res) => {
      const look = (when: string) => seen.push([when, describeTcp(req)]);
      look("handler");
      res.on("finish", () => look("finish")).on("close", () => look("close"));
      res.end("ok");
    });
    for (const request of [1, 2, 3]) {
      await client.get();
      await until(() => seen.length === request * 3);
    }
    expect(seen.map(([when]) => when)).toEqual([1, 2, 3].flatMap(() => ["handler", "finish", "close"]));
    expect(seen.map(([, tcp]) => tcp?.connectionRequests)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
    expect(new Set(seen.map(([, tcp]) => tcp?.connectionId)).size).toBe(1);
    const state = kind === "unix" ? undefined : "ESTABLISHED";
    for (const [, tcp = {}] of seen) {
      expect(tcp.tcpState).toBe(state);
      expect(tcp.closeReason).toBeUndefined();
      expect(isFlat(tcp)).toBe(true);
      expect(Object.keys(tcp)).toEqual(ORDER.filter((key) => key in tcp));
    }
  });

  test("after the client has left in the middle of the response: the last values, and the reason", async () => {
    let gone: TcpDescription | undefined;
    const client = await start(kind, (req, res) => {
      res.write("x");
      res.on("close", () => (gone = describeTcp(req)));
      client.wire.destroy();
    });
    client.send("/");
    await until(() => gone !== undefined);
    expect(gone).toMatchObject({ connectionRequests: 1 });
    if (kind !== "unix") expect(gone).toMatchObject({ rttMs: expect.any(Number) });
    // On HTTP/2 the request ends before its connection has.
    if (gone?.closeReason !== undefined) expect(gone.closeReason).toMatch(/^client-(end|reset)$/);
  });
});

test("a reset of the client is the reason in the line of its request", async () => {
  let gone: TcpDescription | undefined;
  const client = await start("http", (req, res) => {
    res.on("close", () => (gone = describeTcp(req)));
    client.wire.resetAndDestroy();
  });
  client.send("/");
  await until(() => gone !== undefined);
  expect(gone).toMatchObject({ closeReason: "client-reset" });
  if (process.platform === "linux") expect(gone).toMatchObject({ tcpState: "CLOSED" });
});

test.skipIf(lacks("ss"))("the values are those of ss", async () => {
  const { accepted, client } = await connectPair();
  accepted.write("x".repeat(100_000));
  client.resume();
  await until(() => client.bytesRead === 100_000);
  await until(() => readSs(accepted)["unackedSegments"] === undefined);
  const { state, ...ss } = readSs(accepted);
  const tcp = describeTcp(accepted);
  expect(tcp).toMatchObject({ tcpState: state, dataSegmentsSent: ss["dataSegmentsSent"], notSentBytes: 0 });
  for (const name of ["rttMs", "minRttMs"] as const) expect(tcp?.[name]).toBeCloseTo(ss[name] as number, 2);
  const rate = ss["deliveryRateBytesPerSecond"] as number;
  expect((tcp?.deliveryRateBytesPerSecond ?? NaN) / rate).toBeCloseTo(1, 2);
});

describe("without a tracker", () => {
  test("a request of HTTP/1 has its values as long as its connection lives", async () => {
    let tcp: TcpDescription | undefined;
    const server = makeServer("http", (req, res) => {
      res.on("close", () => (tcp = describeTcp(req)));
      res.end("ok");
    });
    const client = await connect(await open(server), "http");
    await client.get();
    await until(() => tcp !== undefined);
    expect(tcp).toMatchObject({ tcpState: "ESTABLISHED", rttMs: expect.any(Number) });
    expect(tcp).not.toHaveProperty("connectionId");
  });

  test("there is nothing about a Unix socket, a closed connection, an ended stream of HTTP/2, and a mock request", async () => {
    const pair = await connectPair({ path: socketPath() });
    expect(describeTcp(pair.accepted)).toBeUndefined();
    const { accepted } = await connectPair();
    accepted.destroy();
    expect(describeTcp(accepted)).toBeUndefined();
    const seen: unknown[] = [];
    const server = makeServer("h2c", (req, res) => {
      res.on("close", () => seen.push(describeTcp(req)));
      res.end("ok");
    });
    await (await connect(await open(server), "h2c")).get();
    await until(() => seen.length === 1);
    expect(seen).toEqual([undefined]);
    expect(describeTcp({ socket: undefined })).toBeUndefined();
  });
});

test.each([[undefined], [null], ["socket"], [true], [-1], [1.5]])("%s is refused", (source) => {
  expect(codeOf(() => describeTcp(source as never))).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
});

test("a descriptor that is not open is no error, because a log line must not throw", () => {
  expect(describeTcp(99_999)).toBeUndefined();
});

test("a listening socket has no connection", async () => {
  const server = await listen(createServer());
  expect(describeTcp((server as unknown as { _handle: { fd: number } })._handle.fd)).toBeUndefined();
});

test("an object whose properties throw has no connection", () => {
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("no");
      },
    },
  );
  expect(describeTcp(hostile as never)).toBeUndefined();
});

test("without the native module a tracked request still has its connection", async () => {
  const script = `
    const { describeTcp, serializers } = require(process.cwd() + "/dist/logging");
    const { trackConnections } = require(process.cwd() + "/dist/connections");
    const server = require("http").createServer((req, res) => {
      console.log(JSON.stringify([describeTcp(req), describeTcp(req.socket), serializers.tcp(req)]));
      res.end();
      server.close();
    });
    trackConnections(server);
    server.listen(0, "127.0.0.1", () => require("http").get({ port: server.address().port, host: "127.0.0.1", agent: false }));`;
  const { stdout, stderr } = runNode(script, ["--no-addons"]);
  expect(stderr).toBe("");
  const known = { connectionId: 1, connectionRequests: 1 };
  expect(JSON.parse(stdout)).toEqual([known, known, known]);
});
