// Another program on the same machine: opens and closes connections to itself, as many per second as its argument says.
// Reports when it has begun. The process ends when its parent does.
import { connect, createServer, type AddressInfo } from "node:net";

const TICK_MS = 10;

const perTick = (Number(process.argv[2]) * TICK_MS) / 1000;
process.on("disconnect", () => process.exit());

const server = createServer((socket) => socket.on("error", () => {}).end("ok"));
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  let isReported = false;
  setInterval(() => {
    for (let i = 0; i < perTick; i++) {
      connect(port, "127.0.0.1")
        .on("error", () => {})
        .resume();
    }
    if (!isReported) process.send?.("begun");
    isReported = true;
  }, TICK_MS);
});
