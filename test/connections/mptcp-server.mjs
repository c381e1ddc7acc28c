// The server of mptcp.py, on descriptor 3. Prints a line when it has read its one connection, and at the end all
// readings.
import http from "node:http";
import { getTcpInfo, getTcpInfoBatch } from "sockinfo";
import { diffTcpInfo, getListenerInfo, measureRequest, trackConnections } from "sockinfo/connections";

const [, , ending] = process.argv;
const server = http.createServer((req, res) => {
  const cost = measureRequest(req);
  res.write("x".repeat(500));
  // The client has received the bytes.
  process.stdin.once("data", () => void look(req, cost));
});
const tracker = trackConnections(server);
server.listen({ fd: 3 });

/**
 * @param {http.IncomingMessage} req
 * @param {Promise<import("sockinfo/connections").RequestCost>} cost
 */
async function look(req, cost) {
  const alive = getTcpInfo(req);
  const reports = {
    alive,
    again: getTcpInfo(req),
    byNumber: getTcpInfo(/** @type {any} */ (req.socket)._handle.fd),
    inBatch: getTcpInfoBatch([req]).get(0),
    inSnapshot: [...(await tracker.takeSnapshot())][0]?.[1],
    queue: getListenerInfo(server),
  };
  console.log("read");
  const closed = new Promise((resolve) => tracker.once("closed", resolve));
  if (ending === "stay") req.socket.destroy();
  const { finalTcpInfo: final, closeReason } = await closed;
  const measured = await cost;
  const { start, end, ...counters } = measured;
  const orders = [attempt(() => diffTcpInfo(alive, final)), attempt(() => diffTcpInfo(final, alive))];
  console.log(JSON.stringify({ ...reports, final, closeReason, counters, start, end, orders }));
  process.exit();
}

/** @param {() => object} call */
function attempt(call) {
  try {
    return call();
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code;
  }
}
