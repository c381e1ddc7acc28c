// One of many daemons that start at once: for each of its arguments, a FIFO and a path, it opens the FIFO, waits there until nobody has
// the other end any more, listens on the path, and prints what came of it.
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { isSupported } from "sockinfo";
import { listenUnix } from "sockinfo/unix";

isSupported();
const { pid } = process;
for (const argument of process.argv.slice(2)) {
  const [barrier = "", path = ""] = argument.split(",");
  const fifo = await open(barrier);
  console.log(JSON.stringify({ pid }));
  await fifo.read(Buffer.alloc(1));
  await fifo.close();
  const server = createServer((socket) => void socket.on("error", () => {}).end(String(pid)));
  await listenUnix(server, path).then(
    () => console.log(JSON.stringify({ pid, address: server.address() })),
    ({ code, message }) => console.log(JSON.stringify({ pid, code, message })),
  );
}
process.stdin.resume().once("end", () => process.exit());
