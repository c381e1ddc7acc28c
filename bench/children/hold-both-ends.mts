// Opens connections from this process to itself, and holds both ends of each until its parent ends. Each end is a
// socket, so a machine gets many sockets with few processes.
import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

const AT_ONCE = 100;

const count = Number(process.argv[2]);
process.on("disconnect", () => process.exit());

const held: Socket[] = [];
const server = createServer((socket) => held.push(socket.on("error", () => {})));
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
await once(server, "listening");
const { port } = server.address() as AddressInfo;
for (let opened = 0; opened < count; opened += AT_ONCE) {
  const sockets = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () => createConnection(port, "127.0.0.1"));
  await Promise.all(sockets.map(async (socket) => once(socket, "connect")));
  held.push(...sockets);
}
process.send?.(port);
