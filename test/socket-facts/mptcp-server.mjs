// The server of mptcp-subflows.py, on descriptor 3. Sends 5000 bytes to its one client, and prints what it can read of the
// connection for each line of standard input.
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { getFd, getMptcpInfo, getQueuedBytes, getSocketMemory, getTcpInfo, tryGetMptcpInfo } from "sockinfo";

const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
const listening = attempt(() => getMptcpInfo(3));
const [accepted] = await once(server.listen({ fd: 3 }), "connection");
accepted.write("y".repeat(5000));
for await (const _ of createInterface(process.stdin)) {
  const report = {
    info: attempt(() => getMptcpInfo(accepted)),
    tried: tryGetMptcpInfo(accepted) === undefined ? "undefined" : "a result",
    byNumber: attempt(() => getMptcpInfo(getFd(accepted))),
    tcpInfo: attempt(() => getTcpInfo(accepted)),
    queued: attempt(() => getQueuedBytes(accepted)),
    memory: attempt(() => getSocketMemory(accepted)),
    listening,
  };
  console.log(JSON.stringify(report));
}
process.exit();

/** @param {() => object} call */
function attempt(call) {
  try {
    return call();
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    return { code, message };
  }
}
