// A cluster of one worker, whose server listens as the first argument says. Prints what getListenerInfo and tryGetListenerInfo say there.
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
    // Then both end by themselves. Not at once: the cluster has something to say to its primary, too.
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
