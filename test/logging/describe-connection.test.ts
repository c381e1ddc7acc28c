// describeConnection() against what the client has counted, on every kind of server.
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { type Connection, type ConnectionTracker, trackConnections } from "sockinfo/connections";
import { type ConnectionDescription, describeConnection } from "sockinfo/logging";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "../helpers/http-clients";
import { KINDS, makeServer, open, type Kind } from "../helpers/http-servers";
import { codeOf } from "../helpers/refusals";
import { until } from "../helpers/servers";

async function start(kind: Kind): Promise<{
  tracker: ConnectionTracker<undefined>;
  closed: Connection[];
  client: Awaited<ReturnType<typeof connect>>;
}> {
  const server = makeServer(kind);
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  const closed: Connection[] = [];
  tracker.on("closed", (connection) => closed.push(connection));
  await open(server, kind);
  return { tracker, closed, client: await connect(server, kind) };
}

const onLinux = (value: unknown): unknown => (process.platform === "linux" ? value : expect.anything());

describe.each(KINDS)("%s", (kind) => {
  test("one line for a connection: requests and bytes as the client counts them, and the reason", async () => {
    const { closed, client } = await start(kind);
    for (let request = 0; request < 3; request++) await client.get();
    const { wire } = client;
    const { localPort } = wire;
    client.end();
    await until(() => closed.length === 1);
    const line = describeConnection(closed[0] as Connection);
    const protocol = { h2c: "h2c", h2: "h2" }[kind as string] ?? "http/1.1";
    expect(line).toMatchObject({
      connectionState: "closed",
      protocol,
      requestsServed: 3,
      requestsInFlight: 0,
      closeReason: "client-end",
    });
    expect(new Date(line.openedAt ?? "").toISOString()).toBe(line.openedAt);
    if (kind === "unix") {
      expect(line).not.toHaveProperty("remoteAddress");
      expect(line).not.toHaveProperty("rttMs");
    } else {
      // The client's FIN counts as a byte.
      expect(line).toMatchObject({
        remoteAddress: "127.0.0.1",
        remotePort: localPort,
        bytesReceived: onLinux(wire.bytesWritten + 1),
        bytesSent: onLinux(expect.toSatisfy((bytes: number) => bytes >= wire.bytesRead)),
        retransmittedSegments: expect.any(Number),
      });
      const { applicationMs = 0, receiverMs = 0, sendBufferMs = 0, networkMs = 0, durationMs } = line;
      if (process.platform === "linux") {
        expect(applicationMs + receiverMs + sendBufferMs + networkMs).toBeCloseTo(durationMs ?? NaN, 1);
      }
    }
    expectLoggable(line);
  });
});

/** Flat, and the same after JSON. */
function expectLoggable(line: ConnectionDescription): void {
  expect(JSON.parse(JSON.stringify(line))).toEqual(line);
  expect(Object.values(line).filter((value) => !["string", "number"].includes(typeof value))).toEqual([]);
  expect(Object.keys(line).length).toBeLessThanOrEqual(25);
  expect(JSON.stringify(line).length).toBeLessThan(700);
}

test("a living connection has the values of now, and no reason", async () => {
  const { tracker, client } = await start("http");
  client.send("/hang");
  await until(() => [...tracker].some(({ state }) => state === "active"));
  const [connection] = [...tracker] as [Connection];
  const line = describeConnection(connection);
  expect(line).toMatchObject({ connectionState: "active", requestsServed: 0, requestsInFlight: 1 });
  expect(line).toMatchObject({ tcpState: "ESTABLISHED", bytesReceived: onLinux(client.wire.bytesWritten) });
  expect(line).not.toHaveProperty("closeReason");
  expect(line).not.toHaveProperty("applicationMs");
  expectLoggable(line);
});

test("the code of the error that ended the connection", async () => {
  const { closed, client } = await start("http");
  client.wire.write("no HTTP\r\n\r\n");
  await until(() => closed.length === 1);
  expect(describeConnection(closed[0] as Connection)).toMatchObject({
    closeReason: "protocol-error",
    closeError: expect.stringMatching(/^HPE_/),
  });
});

test("an injected stream over a socket does not get that socket's values", async () => {
  const server = makeServer("http");
  const tracker = trackConnections(server);
  onTestFinished(() => tracker.close());
  const { client } = await start("http");
  class Injected extends Duplex {
    readonly socket: Socket = client.wire;
    override _read(): void {}
  }
  const duplex = new Injected();
  onTestFinished(() => void duplex.destroy());
  server.emit("connection", duplex);
  const [connection] = [...tracker] as [Connection];
  const line = describeConnection(connection);
  expect(line).toMatchObject({ connectionState: "new" });
  expect(line).not.toHaveProperty("rttMs");
});

test("NaN, Infinity and undefined are left out, and times have three decimals", async () => {
  const { tracker } = await start("http");
  await until(() => tracker.size === 1);
  const [connection] = [...tracker] as [Connection];
  const summary = {
    ...connection.toJSON(),
    durationMs: 1.23456,
    finalTcpInfo: { rttMs: NaN, minRttMs: Infinity, bytesSent: 2 ** 53 - 1, notSentBytes: undefined },
  };
  const line = describeConnection({ ...connection, getTcpInfo: () => {}, toJSON: () => summary } as never);
  expect(line).toMatchObject({ durationMs: 1.235, bytesSent: 2 ** 53 - 1 });
  expect(Object.keys(line)).not.toEqual(expect.arrayContaining(["rttMs"]));
  expect(Object.keys(line)).not.toEqual(expect.arrayContaining(["minRttMs"]));
  expect(Object.keys(line)).not.toEqual(expect.arrayContaining(["notSentBytes"]));
});

test.each([[undefined], [null], [5], ["connection"], [{}], [{ id: 1 }]])("%o is refused", (value) => {
  expect(codeOf(() => describeConnection(value as never))).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
});
