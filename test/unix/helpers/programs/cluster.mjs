// A cluster of one worker that calls listenUnix() with the path. Prints the outcome.
import cluster from "node:cluster";
import { createServer } from "node:net";
import { listenUnix } from "sockinfo/unix";

if (cluster.isPrimary) {
  cluster.fork().once("message", (message) => console.log(message));
} else {
  const { code, message } = await listenUnix(createServer(), process.argv[2] ?? "").then(
    () => ({ code: undefined, message: "listens" }),
    (error) => error,
  );
  process.send?.(JSON.stringify({ code, message }), () => cluster.worker?.disconnect());
}
