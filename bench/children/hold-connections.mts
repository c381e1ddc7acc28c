// Opens as many connections to a port of this machine as it is told to, and holds them until it is let go. Child of
// ../connections/many-connections.mts: the other ends are to have their descriptors in another process.
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";

/** Fewer than a server's queue has room for. */
const AT_ONCE = 100;

const [port = 0, count = 0] = process.argv.slice(2).map(Number);
process.on("disconnect", () => process.exit());

const held: Socket[] = [];
while (held.length < count) {
  const next = Array.from({ length: Math.min(AT_ONCE, count - held.length) }, () =>
    createConnection(port, "127.0.0.1"),
  );
  await Promise.all(next.map((socket) => once(socket.resume(), "connect")));
  held.push(...next);
}
