// A cluster of one worker, whose server listens as the first argument says. Prints what getListenerInfo and tryGetListenerInfo say there.
import cluster from "node:cluster";
import { createServer } from "node:net";
import { getListenerInfo, tryGetListenerInfo } from "sockinfo/connections";

const [, , options = "{}", policy] = process.argv;
cluster.schedulingPolicy = policy === "none" ? cluster.SCHED_NONE : cluster.SCHED_RR;
if (cluster.isPrimary) {
  cluster.fork().once("message", (message) => {
    console.log(message);
    process.exit();
  });
} else {
  const server = createServer();
  server.listen(JSON.parse(options), () =>
    process.send?.(JSON.stringify([outcome(), tryGetListenerInfo(server) ?? null])),
  );

  const outcome = () => {
    try {
      return getListenerInfo(server);
    } catch (error) {
      return /** @type {NodeJS.ErrnoException} */ (error).code;
    }
  };
}
