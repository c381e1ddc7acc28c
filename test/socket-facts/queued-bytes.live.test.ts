// getQueuedBytes against the bytes that this process wrote, and on Linux against /proc/net/tcp.
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import tls from "node:tls";
import { getQueuedBytes, getTcpInfo } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf, until } from "../helpers/servers";

const isLinux = process.platform === "linux";

/** An accepted socket that Node does not read from, and its client. */
async function connectUnread(): Promise<{ client: Socket; accepted: Socket }> {
  const server = await listen(createServer({ pauseOnConnect: true, allowHalfOpen: true }));
  const client = connect({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true }).on("error", () => {});
  onTestFinished(() => void client.destroy());
  const [[accepted]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [
    [Socket],
    unknown,
  ];
  return { client, accepted };
}

/** Columns 4 and 5 of proc_pid_net(5): tx_queue and rx_queue. */
function readProc({ localPort, remotePort }: Socket): { tx: number; rx: number } | undefined {
  const hex = (port: number | undefined) => `:${Number(port).toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const row = rows
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, remote]) => local?.endsWith(hex(localPort)) && remote?.endsWith(hex(remotePort)));
  const [tx, rx] = (row?.[4] ?? "").split(":").map((word) => Number.parseInt(word, 16));
  return tx === undefined || rx === undefined ? undefined : { tx, rx };
}

/** The first reading that is equal to the one after it, in the same turn, and for which `condition` holds. */
async function untilSteady<T>(read: () => T, condition: (reading: T) => boolean): Promise<T> {
  let steady: T | undefined;
  await until(() => {
    const [one, other] = [read(), read()];
    if (JSON.stringify(one) === JSON.stringify(other) && condition(one)) steady = one;
    return steady !== undefined;
  });
  return steady as T;
}

describe("queued bytes", () => {
  test("of a new connection are 0", async () => {
    const { client, accepted } = await connectPair();
    const known = isLinux ? 0 : undefined;
    const nothing = { unreadBytes: 0, unackedBytes: known, notSentBytes: known, sendQueueBytes: 0 };
    for (const end of [client, accepted]) expect(getQueuedBytes(end)).toEqual(nothing);
  });

  test.each([1, 1000, 60_001])("%i that the client wrote and the server has not read", async (count) => {
    const { client, accepted } = await connectUnread();
    client.write(Buffer.alloc(count));
    await until(() => getQueuedBytes(accepted).unreadBytes === count);
    if (isLinux) expect(readProc(accepted)).toEqual({ tx: 0, rx: count });
    client.end();
    await until(() => getTcpInfo(accepted).state === "CLOSE_WAIT");
    expect(getQueuedBytes(accepted)).toMatchObject({ unreadBytes: count });
    accepted.resume();
    await until(() => accepted.bytesRead === count);
    expect(getQueuedBytes(accepted)).toMatchObject({ unreadBytes: 0 });
  });

  test("of a client that writes more than both ends hold: all that the server can still read", async () => {
    const { client, accepted } = await connectUnread();
    client.write(Buffer.alloc(16 * 1024 * 1024));
    // Until nothing has moved between two readings, in the turn in which the client ends.
    const read = () => [getQueuedBytes(client), getQueuedBytes(accepted), isLinux && readProc(client)] as const;
    const [sending, receiving, proc] = await untilSteady(read, ([sender]) => {
      // What is not acknowledged may already be unread at the other end.
      const isFull = client.writableLength > 0 && (sender.unackedBytes ?? 0) === 0 && sender.sendQueueBytes !== 0;
      if (isFull) client.destroy();
      return isFull;
    });
    const queued = sending.sendQueueBytes ?? NaN;
    if (isLinux) {
      expect((sending.unackedBytes ?? NaN) + (sending.notSentBytes ?? NaN)).toBe(queued);
      expect(proc).toEqual({ tx: queued, rx: 0 });
    }
    // The kernel delivers what it has. What Node still has is lost.
    accepted.resume();
    await once(accepted, "end");
    const most = queued + (receiving.unreadBytes ?? NaN);
    if (isLinux) expect(accepted.bytesRead).toBe(most);
    else expect(accepted.bytesRead).toBeLessThanOrEqual(most);
    expect(accepted.bytesRead).toBeGreaterThan(receiving.unreadBytes ?? NaN);
    expect(getQueuedBytes(accepted).unreadBytes).toBe(0);
  });

  test("of TLS are bytes of ciphertext", async () => {
    const { client, accepted } = await connectUnread();
    // The client's first message.
    tls.connect({ socket: client, rejectUnauthorized: false }).on("error", () => {});
    await until(() => client.bytesWritten > 0 && getQueuedBytes(accepted).unreadBytes === client.bytesWritten);
  });

  test("are not read of a listener", async () => {
    const server = await listen(createServer());
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    expect(() => getQueuedBytes(fd)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_CONNECTED" }));
  });

  test.skipIf(lacks("linux"))("reading them opens no descriptor", async () => {
    const { accepted } = await connectPair();
    const before = readdirSync("/proc/self/fd").length;
    for (let call = 0; call < 1000; call++) getQueuedBytes(accepted);
    expect(readdirSync("/proc/self/fd")).toHaveLength(before);
  });
});
