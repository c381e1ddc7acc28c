// The system may give a closed descriptor's number to the next socket at once. No call may return data of the new
// owner.
import { once } from "node:events";
import { closeSync, openSync, readdirSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { getFd, getPeerCredentials, getTcpInfo, getTcpInfoBatch, tryGetPeerCredentials, tryGetTcpInfo } from "sockinfo";
import { expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf, socketPath, until } from "../helpers/servers";

const closed = expect.objectContaining({ code: "ERR_SOCKINFO_SOCKET_CLOSED" });

/** Opens connections until one of them gets the number `fd`. */
async function takeOver(fd: number, connect: () => Socket): Promise<Socket> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const socket = connect();
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    if (getFd(socket) === fd) return socket;
  }
  throw new Error(`descriptor ${fd} was not given out again`);
}

test("a TCP socket whose number another TCP connection got", async () => {
  const { server, client } = await connectPair();
  const fd = getFd(client);
  client.destroy();
  await once(client, "close");
  const heir = await takeOver(fd, () => createConnection(portOf(server), "127.0.0.1"));
  expect(() => getTcpInfo(client)).toThrow(closed);
  expect(tryGetTcpInfo(client)).toBeUndefined();
  expect(() => getFd(client)).toThrow(closed);
  expect(getTcpInfo(heir).state).toBe("ESTABLISHED");
});

test("a Unix socket whose credentials were read before another Unix connection got its number", async () => {
  const path = socketPath();
  const { client } = await connectPair({ path });
  expect(getPeerCredentials(client).uid).toBe(process.geteuid?.());
  const fd = getFd(client);
  client.destroy();
  await once(client, "close");
  const heir = await takeOver(fd, () => createConnection(path));
  expect(() => getPeerCredentials(client)).toThrow(closed);
  expect(tryGetPeerCredentials(client)).toBeUndefined();
  expect(getPeerCredentials(heir).uid).toBe(process.geteuid?.());
});

test("a net.Socket that connects again: to TCP first, then to a Unix socket", async () => {
  const path = socketPath();
  await listen(createServer(), { path });
  const { client } = await connectPair();
  expect(getTcpInfo(client).state).toBe("ESTABLISHED");
  client.destroy();
  await once(client, "close");
  client.connect(path);
  await until(() => !client.connecting && !client.destroyed);
  expect(() => getTcpInfo(client)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_TCP" }));
  expect(getPeerCredentials(client).pid).toBe(process.pid);
});

test("a destroyed socket in the same tick, while its descriptor is still open", async () => {
  const { accepted } = await connectPair();
  accepted.destroy();
  expect(() => getTcpInfo(accepted)).toThrow(closed);
});

test("a batch with a TCP socket whose number another TCP connection got", async () => {
  const { server, client } = await connectPair();
  const fd = getFd(client);
  client.destroy();
  await once(client, "close");
  const heir = await takeOver(fd, () => createConnection(portOf(server), "127.0.0.1"));
  const batch = getTcpInfoBatch([client, heir, client]);
  expect([0, 1, 2].map((index) => batch.get(index)?.state)).toEqual([undefined, "ESTABLISHED", undefined]);
  expect([batch.getError(0), batch.getError(2)]).toEqual([closed, closed]);
  expect(batch.getBytes(0)).toBeUndefined();
});

test("a batch with a getter that closes an earlier socket and opens files until one gets its number", async () => {
  const { client } = await connectPair();
  const { accepted } = await connectPair();
  const fd = getFd(client);
  const heirs: number[] = [];
  const closing = {
    get socket() {
      client.destroy();
      while (!heirs.includes(fd) && heirs.length < 50) heirs.push(openSync("/dev/null", "r"));
      return accepted;
    },
  };
  const batch = getTcpInfoBatch([client, closing]);
  heirs.forEach((heir) => closeSync(heir));
  expect(heirs).toContain(fd);
  expect(batch.getError(0)).toEqual(closed);
  expect(batch.get(1)?.state).toBe("ESTABLISHED");
});

test.skipIf(lacks("linux"))("no call opens or closes a descriptor", async () => {
  const { accepted } = await connectPair({ path: socketPath() });
  const tcp = await connectPair();
  const count = () => readdirSync("/proc/self/fd").length;
  const before = count();
  for (let call = 0; call < 1000; call++) {
    getTcpInfo(tcp.accepted);
    getPeerCredentials(accepted);
    getPeerCredentials(getFd(accepted));
    tryGetTcpInfo(accepted);
    tryGetPeerCredentials(tcp.accepted);
    getTcpInfoBatch([accepted, tcp.accepted]);
  }
  expect(count()).toBe(before);
});
