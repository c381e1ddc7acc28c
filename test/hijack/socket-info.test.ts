// TCP_INFO and peer credentials of hijacked connections, read by the socket and by the request.
import { setTimeout as sleep } from "node:timers/promises";
import { getPeerCredentials, getTcpInfo, type TcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { HTTP1, isTls } from "../helpers/http-servers";
import { lacks } from "../helpers/needs";
import { readSs } from "../helpers/ss";
import { converse, takeFirst } from "./helpers/hijacked";
import { pauses } from "./helpers/pauses";

/** Fields that do not change while nothing is sent. */
const STILL = [
  "state",
  "bytesSent",
  "bytesAcked",
  "bytesReceived",
  "dataSegmentsSent",
  "dataSegmentsReceived",
  "rttMs",
  "sndCwndSegments",
  "sndMssBytes",
] as const;

describe.each(HTTP1.filter((kind) => kind !== "unix"))("%s", (kind) => {
  test.skipIf(lacks("linux"))("TCP_INFO counts the owner's bytes", async () => {
    const { client, socket, req } = await takeFirst(kind);
    const before = getTcpInfo(socket);
    await converse(socket, client, "x".repeat(10_000));
    await pauses.immediate();
    const after = getTcpInfo(socket);
    const sentByClient = client.wire.bytesWritten;
    expect(after.bytesReceived).toBe(sentByClient);
    const received = (after.bytesReceived ?? 0) - (before.bytesReceived ?? 0);
    if (isTls(kind)) expect(received).toBeGreaterThan(10_000);
    else expect(received).toBe(10_000);
    expect(getTcpInfo(req).bytesReceived).toBe(sentByClient);
  });

  test.skipIf(lacks("ss"))("TCP_INFO is the same as in ss", async () => {
    const { client, socket, req } = await takeFirst(kind);
    await converse(socket, client);
    // The last acknowledgement may wait for 40 ms.
    await sleep(100);
    const theirs = readSs(socket);
    for (const source of [socket, req]) {
      const ours = getTcpInfo(source) as TcpInfo & Record<string, unknown>;
      const seen = STILL.filter((name) => theirs[name] !== undefined);
      expect(seen.length).toBeGreaterThan(6);
      for (const name of seen) {
        if (name === "rttMs") expect(ours[name]).toBeCloseTo(theirs[name] as number, 2);
        else expect([name, ours[name]]).toEqual([name, theirs[name]]);
      }
    }
  });

  test("peer credentials are refused, as for any TCP socket", async () => {
    const { socket } = await takeFirst(kind);
    expect(() => getPeerCredentials(socket)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_UNIX" }));
  });

  test("TCP_INFO of a closed socket is refused", async () => {
    const { socket } = await takeFirst(kind);
    socket.destroy();
    expect(() => getTcpInfo(socket)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_SOCKET_CLOSED" }));
  });
});

test("a Unix socket: the peer credentials are those of this process", async () => {
  const { client, socket, req } = await takeFirst("unix");
  await converse(socket, client);
  for (const source of [socket, req]) {
    const { pid, uid, gid } = getPeerCredentials(source);
    expect({ uid, gid }).toEqual({ uid: process.getuid?.(), gid: process.getgid?.() });
    expect(pid).toBe(process.pid);
  }
  expect(() => getTcpInfo(socket)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_TCP" }));
});
