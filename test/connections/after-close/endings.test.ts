// What became of connections after their close, for each way to end. The client counts what it gets, and another
// process reads the kernel's announcements.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import http2 from "node:http2";
import { connect, createServer as createNetServer, type Socket } from "node:net";
import { getTcpInfo, type LinuxTcpInfo } from "sockinfo";
import type { ConnectionOutcome, UnknownEndReason } from "sockinfo/connections";
import { describe, expect, expectTypeOf, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { listen, portOf, until } from "../../helpers/servers";
import { type Announced, follow, type PythonClient, startAnnouncements, startClient, type Way } from "./helpers";

const MEGABYTE = 1_000_000;

function answerAndClose(length: number) {
  return (_: IncomingMessage, res: ServerResponse) => {
    res.setHeader("Connection", "close");
    res.end(Buffer.alloc(length));
  };
}

interface Story {
  readonly client: PythonClient;
  readonly outcome: ConnectionOutcome;
  readonly final: LinuxTcpInfo;
  readonly end: LinuxTcpInfo;
  /** All bytes that the server wanted to send. */
  readonly written: number;
  readonly announced: Announced;
}

const isKnown = { unknownReason: undefined, error: undefined };

describe.skipIf(lacks("linux", "python"))("after the close", () => {
  async function tell(
    way: Way,
    handle: (req: IncomingMessage, res: ServerResponse) => void,
    remotePort: "client's" | "none" = "client's",
  ): Promise<Story> {
    const server = await listen(createServer(handle));
    const { tracker, nextEnd } = follow(server);
    const announcedOf = await startAnnouncements(server);
    let socket: Socket | undefined;
    let events = "";
    server.on("connection", (accepted: Socket) => (socket = accepted));
    tracker.on("closed", () => (events += "closed "));
    tracker.on("destroyed", () => (events += "destroyed"));
    const client = await startClient(server, way);
    tracker.once("closed", () => client.proceed());
    const { connection, outcome } = await nextEnd();
    expect(events).toBe("closed destroyed");
    expect(connection.remote).toMatchObject({ port: client.port });
    expect(outcome.durationMs).toBeGreaterThan(0);
    const announced = await announcedOf(remotePort === "none" ? 0 : client.port);
    const final = connection.finalTcpInfo as LinuxTcpInfo;
    const end = outcome.tcpInfo as LinuxTcpInfo;
    return { client, outcome, final, end, written: socket?.bytesWritten ?? NaN, announced };
  }

  test("a quick client", async () => {
    const { client, outcome, end, written, announced } = await tell("read", answerAndClose(1000));
    expect(await client.report).toEqual({ read: written, end: "fin" });
    expect(outcome).toMatchObject({ ...isKnown, end: "delivered", lostBytes: 0, possiblyLostBytes: 0 });
    expect(announced).toMatchObject({ state: 7, bytesAcked: written + 1 });
    expect(end.bytesAcked).toBe(written + 1);
  });

  test("a client that closes first", async () => {
    const { client, outcome, end, announced } = await tell("leave", (_, res) => res.end("ok"));
    const { read } = await client.report;
    expect(outcome).toMatchObject({ ...isKnown, end: "delivered", lostBytes: 0, possiblyLostBytes: 0 });
    expect(end.bytesAcked).toBe(read + 1);
    expect(announced.bytesAcked).toBe(read + 1);
  });

  test("a slow reader: most of the response is acknowledged after the final TCP_INFO", async () => {
    const { client, outcome, final, end, written, announced } = await tell("slow", answerAndClose(MEGABYTE));
    expect(await client.report).toEqual({ read: written, end: "fin" });
    expect(final.bytesAcked).toBeLessThan(written / 2);
    expect(outcome).toMatchObject({ ...isKnown, end: "delivered", lostBytes: 0, possiblyLostBytes: 0 });
    expect(end).toMatchObject({ state: "CLOSED", bytesAcked: written + 1, unackedSegments: undefined });
    const { bytesAcked, bytesSent, retransmittedBytes, notSentBytes, retransmittedSegments } = end;
    expect(announced).toMatchObject({ bytesAcked, bytesSent, retransmittedBytes, notSentBytes, retransmittedSegments });
    expect(outcome.retransmittedSegments).toBe(
      announced.retransmittedSegments - (final.retransmittedSegments as number),
    );
    // The acknowledgement of the FIN may be delayed by 40 ms, which would be in the round-trip time.
    expect(end).toMatchObject({ rttMs: final.rttMs, rttVarMs: final.rttVarMs, rtoMs: final.rtoMs });
  });

  test("a client that resets in the middle: what it has received is between the two bounds", async () => {
    const { client, outcome, final, written, announced } = await tell("reset", answerAndClose(MEGABYTE));
    const { received } = await client.report;
    const { lostBytes = NaN, possiblyLostBytes = NaN } = outcome;
    expect(outcome).toMatchObject({ ...isKnown, end: "client-reset" });
    expect(final.notSentBytes).toBeGreaterThan(0);
    expect(received).toBeGreaterThan(10_000);
    expect(received).toBeLessThanOrEqual(written - lostBytes);
    expect(received).toBeGreaterThanOrEqual(written - lostBytes - possiblyLostBytes);
    expect(lostBytes).toBe(announced.notSentBytes - 1);
    expect(possiblyLostBytes).toBe(announced.bytesSent - announced.retransmittedBytes - announced.bytesAcked);
  });

  test("resetAndDestroy(): the kernel announces zeros, and the counters before it stay", async () => {
    const handle = (req: IncomingMessage, res: ServerResponse) => {
      res.write(Buffer.alloc(300_000));
      // The window is full, and the kernel's buffer too.
      setTimeout(() => req.socket.resetAndDestroy(), 100);
    };
    const { client, outcome, final, end, written, announced } = await tell("stay", handle, "none");
    const { received } = await client.report;
    const { lostBytes = NaN, possiblyLostBytes = NaN } = outcome;
    expect(announced).toMatchObject({ bytesAcked: 0, bytesSent: 0 });
    expect(outcome).toMatchObject({ ...isKnown, end: "server-reset", retransmittedSegments: undefined });
    expect(end).toEqual(final);
    expect(final.bytesAcked).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(written - lostBytes);
    expect(received).toBeGreaterThanOrEqual(written - lostBytes - possiblyLostBytes);
  });

  test("unread input: the kernel resets the connection instead of ending it", async () => {
    const server = await listen(createNetServer({ pauseOnConnect: true }));
    const { nextEnd } = follow(server);
    server.on("connection", async (socket) => {
      await until(() => ((getTcpInfo(socket) as LinuxTcpInfo).bytesReceived as number) > 0);
      socket.destroy();
    });
    const client = await startClient(server, "read");
    const { outcome } = await nextEnd();
    expect(await client.report).toMatchObject({ read: 0, end: "reset" });
    expect(outcome).toMatchObject({ ...isKnown, end: "server-reset", lostBytes: 0, possiblyLostBytes: 0 });
  });

  test("input that comes too late: the kernel resets the connection", async () => {
    const { client, outcome, written } = await tell("talk", answerAndClose(MEGABYTE));
    const { end } = await client.report;
    expect(end).toBe("reset");
    expect(outcome).toMatchObject({ ...isKnown, end: "server-reset" });
    expect(outcome.lostBytes).toBeGreaterThan(0);
    expect(outcome.lostBytes).toBeLessThan(written);
  });

  test("destroy() while Node has more to write: exactly the bytes that the client did not get are lost", async () => {
    const handle = (req: IncomingMessage, res: ServerResponse) => {
      res.write(Buffer.alloc(8 * MEGABYTE));
      setTimeout(() => req.socket.destroy(), 100);
    };
    const { client, outcome, written } = await tell("slow", handle);
    const { read, end } = await client.report;
    expect(end).toBe("fin");
    expect(read).toBeLessThan(written);
    expect(outcome).toMatchObject({ ...isKnown, end: "truncated", possiblyLostBytes: 0 });
    expect(read + (outcome.lostBytes ?? NaN)).toBe(written);
  });
});

describe.skipIf(lacks("linux"))("a client that does not read, or reads slowly, and resets", () => {
  const AT_MS = Array.from({ length: 25 }, (_, i) => 50 + i * 120);
  const KINDS = AT_MS.flatMap((ms) => [
    { ms, bytesPerStep: 0 },
    { ms, bytesPerStep: 5000 },
  ]);

  test.each(["destroy", "resetAndDestroy"] as const)(
    "by %s(): never a timeout, whenever it resets",
    async (method) => {
      const answer = answerAndClose(3 * MEGABYTE);
      let answered = 0;
      const server = await listen(createServer((req, res) => (answer(req, res), answered++)));
      const { ended } = follow(server);
      const clients = KINDS.map((kind) => ({ ...kind, client: connect(portOf(server), "127.0.0.1").pause() }));
      for (const { client } of clients) {
        client.on("error", () => {});
        client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      }
      // A client that leaves before it has bytes to read sends a FIN and no reset.
      await until(() => answered === clients.length);
      for (const { client, ms, bytesPerStep } of clients) {
        const reading = setInterval(() => void (bytesPerStep && client.read(bytesPerStep)), 100);
        setTimeout(() => {
          clearInterval(reading);
          client[method]();
        }, ms);
      }
      await until(() => ended.length === KINDS.length);
      expect(ended.map(({ outcome }) => outcome.end)).toEqual(KINDS.map(() => "client-reset"));
    },
    30_000,
  );
});

describe.skipIf(lacks("linux"))("HTTP/2", () => {
  test("what waits in a stream is no byte of the connection, but the response is unfinished", async () => {
    const server = await listen(http2.createServer());
    server.on("stream", (stream: http2.ServerHttp2Stream) => {
      stream.on("error", () => {});
      stream.respond();
      stream.end(Buffer.alloc(8 * MEGABYTE));
    });
    const { nextEnd } = follow(server);
    const wire = connect(portOf(server), "127.0.0.1");
    const session = http2.connect(`http://127.0.0.1:${portOf(server)}`, { createConnection: () => wire });
    session.on("error", () => {});
    const stream = session.request().pause();
    stream.on("error", () => {});
    await once(stream, "response");
    wire.end();
    const { outcome } = await nextEnd();
    session.destroy();
    expect(outcome).toMatchObject({ ...isKnown, end: "truncated" });
  });
});

test("the end tells whether there is a reason", () => {
  const reasonOf = (outcome: ConnectionOutcome): UnknownEndReason | undefined => {
    if (outcome.end === "unknown") {
      expectTypeOf(outcome.unknownReason).toEqualTypeOf<UnknownEndReason>();
      return outcome.unknownReason;
    }
    expectTypeOf(outcome.unknownReason).toEqualTypeOf<undefined>();
    return undefined;
  };
  expect(reasonOf).toBeTypeOf("function");
});
