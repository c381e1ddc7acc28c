// A cluster of one worker, whose server listens with the options of the first argument. Prints the results of
// getListenerInfo and tryGetListenerInfo in the worker.
import cluster from "node:cluster";
import { createServer } from "node:net";
import { getListenerInfo, tryGetListenerInfo } from "sockinfo/connections";

const [, , options = "{}", policy] = process.argv;
cluster.schedulingPolicy = policy === "none" ? cluster.SCHED_NONE : cluster.SCHED_RR;
if (cluster.isPrimary) {
  cluster.fork().once("message", (message) => console.log(message));
} else {
  const server = createServer();
  server.listen(JSON.parse(options), () => {
    const answers = JSON.stringify([outcome(), tryGetListenerInfo(server) ?? null]);
    // Then both processes end by themselves. The worker must first finish its own messages to the primary.
    process.send?.(answers, () => server.close(() => cluster.worker?.disconnect()));
  });

  const outcome = () => {
    try {
      return getListenerInfo(server);
    } catch (error) {
      return /** @type {NodeJS.ErrnoException} */ (error).code;
    }
  };
}
