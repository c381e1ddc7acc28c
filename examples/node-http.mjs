// node:http: pass `req` or `res`. This server answers with TCP_INFO of the caller's connection.
// @ts-check
import { createServer } from "node:http";
import { getUnsupportedReason, tryGetTcpInfo } from "sockinfo";

const port = Number(process.env.PORT ?? 3000);

// Loads the native module now. Where sockinfo does not work, the server fails at start and not in a request.
const reason = getUnsupportedReason();
if (reason) throw reason;

const server = createServer((req, res) => {
  // Undefined if the connection has already closed. getTcpInfo() would throw then, and end the process.
  const { rttMs, sndCwndBytes, retransmittedSegments } = tryGetTcpInfo(req) ?? {};
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify({ rttMs, sndCwndBytes, retransmittedSegments }));
});

server.listen(port, () => console.log(`curl http://localhost:${port}`));
