// Opens connections to a port of this machine and holds them until its parent ends. With the argument "stop" they read
// nothing. Opens and closes more of them when its parent sends how many. It is a process of its own so that the client
// ends take none of the parent's descriptors.
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";

const AT_ONCE = 100;
/**
 * One address has ports for fewer than 30,000 connections. These are below the range that Linux chooses from, because
 * its search for a free port takes longer with each connection.
 */
const [FIRST_PORT, PORTS] = [20_000, 10_000];

const [port = 0, count = 0] = process.argv.slice(2, 4).map(Number);
const reads = process.argv[4] !== "stop";
process.on("disconnect", () => process.exit());

const held: Socket[] = [];
let tried = 0;
while (held.length < count) {
  const next = Math.min(AT_ONCE, count - held.length);
  held.push(...(await Promise.all(Array.from({ length: next }, openFromOwnPort))));
}

process.on("message", (more: number) => void openAndClose(more).then(() => process.send?.("closed")));

async function openFromOwnPort(): Promise<Socket> {
  const [localAddress, localPort] = [`127.0.0.${2 + Math.floor(tried / PORTS)}`, FIRST_PORT + (tried % PORTS)];
  tried++;
  try {
    return await opened(createConnection({ port, host: "127.0.0.1", localAddress, localPort }));
  } catch (error) {
    // Another program listens at that port.
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return openFromOwnPort();
    throw error;
  }
}

async function openAndClose(more: number): Promise<void> {
  for (let done = 0; done < more; done += AT_ONCE) {
    const sockets = Array.from({ length: Math.min(AT_ONCE, more - done) }, () => createConnection(port, "127.0.0.1"));
    await Promise.all(sockets.map(async (socket) => once((await opened(socket)).end(), "close")));
  }
}

/** The server greets each connection that it has accepted. Without that wait, its accept queue could overflow. */
async function opened(socket: Socket): Promise<Socket> {
  await (reads ? once(socket, "data") : once(socket.pause(), "connect"));
  return socket;
}
