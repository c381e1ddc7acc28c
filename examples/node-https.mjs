// node:https: pass `req` or `res`. The values are those of the TCP connection under TLS.
// @ts-check
import { createServer } from "node:https";
import { tryGetTcpInfo } from "sockinfo";
import { cert, key } from "./certificate.mjs";

const port = Number(process.env.PORT ?? 3000);

const server = createServer({ key, cert }, (req, res) => {
  // Undefined if the connection has already closed. getTcpInfo() would throw then, and end the process.
  const { rttMs, sndCwndBytes, retransmittedSegments } = tryGetTcpInfo(req) ?? {};
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify({ rttMs, sndCwndBytes, retransmittedSegments }));
});

server.listen(port, () => console.log(`curl --insecure https://localhost:${port}`));
