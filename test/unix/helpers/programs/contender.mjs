// Starts several servers at once, at the same time as other processes. Each argument is a FIFO and a path. For each,
// it opens the FIFO, waits until no process has the other end open, lets all its servers listen on the path, and
// prints the outcomes.
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { isSupported } from "sockinfo";
import { listenUnix } from "sockinfo/unix";

isSupported();
const [, , servers, ...rounds] = process.argv;

/** @param {string} path */
async function contend(path) {
  const server = createServer((socket) => void socket.on("error", () => {}).end(String(process.pid)));
  return listenUnix(server, path).then(
    () => ({ address: server.address() }),
    ({ code, message }) => ({ code, message }),
  );
}

for (const round of rounds) {
  const [barrier = "", path = ""] = round.split(",");
  const fifo = await open(barrier);
  console.log(JSON.stringify({ isReady: true }));
  await fifo.read(Buffer.alloc(1));
  await fifo.close();
  const outcomes = await Promise.all(Array.from({ length: Number(servers) }, () => contend(path)));
  console.log(JSON.stringify({ pid: process.pid, outcomes }));
}
process.stdin.resume().once("end", () => process.exit());
