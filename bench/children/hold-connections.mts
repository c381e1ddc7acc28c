// Opens connections to a port of this machine and holds them until its parent ends. With the argument "stop" they read
// nothing. It is a process of its own so that the client ends take none of the parent's descriptors.
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";

/** Fewer than fit into the accept queue of the server. */
const AT_ONCE = 100;

const [port = 0, count = 0] = process.argv.slice(2, 4).map(Number);
const reads = process.argv[4] !== "stop";
process.on("disconnect", () => process.exit());

const held: Socket[] = [];
while (held.length < count) {
  const next = Array.from({ length: Math.min(AT_ONCE, count - held.length) }, () =>
    createConnection(port, "127.0.0.1"),
  );
  await Promise.all(next.map((socket) => once(reads ? socket.resume() : socket.pause(), "connect")));
  held.push(...next);
}
