// node:http2: pass a request, a response, a stream or a session, in servers and in clients. This server has no TLS.
// @ts-check
import { connect, createServer } from "node:http2";
import { getTcpInfo, tryGetTcpInfo } from "sockinfo";

const port = Number(process.env.PORT ?? 3000);

const server = createServer((req, res) => {
  // Undefined if the connection has already closed. getTcpInfo() would throw then, and end the process.
  const { rttMs, sndCwndBytes, retransmittedSegments } = tryGetTcpInfo(req) ?? {};
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify({ rttMs, sndCwndBytes, retransmittedSegments }));
});

server.listen(port, () => {
  const session = connect(`http://localhost:${port}`, () => {
    console.log(`round-trip time of a client: ${getTcpInfo(session).rttMs} ms`);
    session.close();
    console.log(`curl --http2-prior-knowledge http://localhost:${port}`);
  });
});
