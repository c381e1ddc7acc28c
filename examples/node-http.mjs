// A plain HTTP server that tells each caller how good the connection is.
// @ts-check
import { createServer } from "node:http";
import { getTcpInfo, getUnsupportedReason } from "sockinfo";

const port = Number(process.env.PORT ?? 3000);

// At start, so that the native module is loaded before a request needs it.
const reason = getUnsupportedReason();
if (reason) throw reason;

const server = createServer((req, res) => {
  const { rttMs, sndCwndBytes, retransmittedSegments } = getTcpInfo(req);
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify({ rttMs, sndCwndBytes, retransmittedSegments }));
});

server.listen(port, () => console.log(`curl http://localhost:${port}`));
