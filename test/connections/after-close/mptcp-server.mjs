// The server of ../mptcp.py, on descriptor 3. Prints a line when it has read its one connection, and at the end the
// outcome.
import { once } from "node:events";
import http from "node:http";
import { trackConnections } from "sockinfo/connections";

const [, , ending] = process.argv;
const server = http.createServer((req, res) => {
  res.write("x".repeat(500));
  // The client has received the bytes.
  process.stdin.once("data", () => {
    console.log("read");
    if (ending === "stay") req.socket.destroy();
  });
});
const tracker = trackConnections(server, { afterClose: true });
server.listen({ fd: 3 });
const [{ finalTcpInfo }, outcome] = await once(tracker, "destroyed");
const { end, unknownReason, durationMs } = outcome;
const isFinal = outcome.tcpInfo === finalTcpInfo;
console.log(JSON.stringify({ end, unknownReason, durationMs, isMptcp: finalTcpInfo.isMptcp, isFinal }));
process.exit();
