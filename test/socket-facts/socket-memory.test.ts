// getSocketMemory against ss, which asks the same kernel over netlink.
import { closeSync, openSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { getFd, getSocketMemory, type SocketMemory, tryGetSocketMemory } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf, socketPath, until } from "../helpers/servers";
import { filterOf, readSsQueues } from "../helpers/ss";
import { connectPeer, writeAll } from "./helpers/peer";

/** The words of ss, as it prints them: without "bl" and "d", if the kernel has none. */
function asSs(memory: SocketMemory): Record<string, number | undefined> {
  return {
    r: memory.rcvQueueMemoryBytes,
    rb: memory.rcvBufferLimitBytes,
    t: memory.inTransitMemoryBytes,
    tb: memory.sndBufferLimitBytes,
    // ss prints it without its sign.
    f: memory.reservedMemoryBytes === undefined ? undefined : memory.reservedMemoryBytes >>> 0,
    w: memory.sndQueueMemoryBytes,
    o: memory.optionMemoryBytes,
    bl: memory.backlogMemoryBytes,
    d: memory.droppedPackets,
  };
}

/** Compares with ss, and repeats that while the connection moves. */
async function compareWithSs(read: () => SocketMemory, filter: string, ...flags: string[]): Promise<SocketMemory> {
  let memory: SocketMemory | undefined;
  await until(() => {
    const before = read();
    const truth = readSsQueues(filter, ...flags).memory;
    if (JSON.stringify(before) !== JSON.stringify(read())) return false;
    expect(asSs(before)).toEqual(truth);
    memory = before;
    return true;
  });
  return memory as SocketMemory;
}

describe.skipIf(lacks("linux", "ss"))("all words that ss prints", () => {
  test.each(["127.0.0.1", "::1"])("of a new connection over %s, at both ends", async (host) => {
    const { client, accepted } = await connectPair({ host, port: 0 });
    for (const socket of [client, accepted]) {
      const memory = await compareWithSs(() => getSocketMemory(socket), filterOf(socket));
      expect(memory).toMatchObject({ rcvQueueMemoryBytes: 0, sndQueueMemoryBytes: 0 });
      expect(memory.rcvBufferLimitBytes).toBeGreaterThan(0);
    }
  });

  test.skipIf(lacks("python"))("of a connection with full queues", async () => {
    const { accepted, tell } = await connectPeer();
    await tell("send 12345");
    await tell("goDeaf");
    await writeAll(accepted, 100_000);
    const memory = await compareWithSs(() => getSocketMemory(accepted), filterOf(accepted));
    expect(memory.rcvQueueMemoryBytes).toBeGreaterThan(12_345);
    expect(memory.sndQueueMemoryBytes).toBeGreaterThan(100_000);
  });

  test.skipIf(lacks("python"))("of a connection that drops segments and has a filter", async () => {
    const { accepted, tell } = await connectPeer();
    await tell("goDeaf");
    await writeAll(accepted, 1000);
    const { localPort, remotePort } = accepted;
    const peer = `sport = :${remotePort} and dport = :${localPort}`;
    // The client is another process, so only ss reads its end here. It shows that "o" and "d" are not always 0.
    await until(() => (readSsQueues(peer).memory["d"] ?? 0) > 0 && (readSsQueues(peer).memory["o"] ?? 0) > 0);
  });

  test("of a listener", async () => {
    const server = await listen(createServer());
    await compareWithSs(() => getSocketMemory(getFd(server)), `sport = :${portOf(server)}`, "-l");
  });
});

describe.skipIf(lacks("linux"))("other sockets", () => {
  test("a Unix socket has what its other end has not read", async () => {
    const server = await listen(createServer({ pauseOnConnect: true }), { path: socketPath() });
    const accepting = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const client = connect({ path: server.address() as string });
    onTestFinished(() => void client.destroy());
    const accepted = await accepting;
    await writeAll(client, 5000);
    const memory = getSocketMemory(client);
    expect(memory).toMatchObject({ rcvQueueMemoryBytes: 0, sndQueueMemoryBytes: 0 });
    expect(memory.inTransitMemoryBytes).toBeGreaterThan(5000);
    expect(memory.sndBufferLimitBytes).toBeGreaterThan(0);
    accepted.resume();
    await until(() => getSocketMemory(client).inTransitMemoryBytes === 0);
  });

  test("a descriptor that is no socket's is refused", () => {
    const file = openSync("/dev/null", "r");
    onTestFinished(() => closeSync(file));
    expect(() => getSocketMemory(file)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NO_SOCKET" }));
    expect(tryGetSocketMemory(file)).toBeUndefined();
  });
});
