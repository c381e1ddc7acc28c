// HTTP/2 without TLS. Requests, responses, streams and sessions will all do, on the server's side and on the client's.
// @ts-check
import { connect, createServer } from "node:http2";
import { getTcpInfo } from "sockinfo";

const port = Number(process.env.PORT ?? 3000);

const server = createServer((req, res) => {
  const { rttMs, sndCwndBytes, retransmittedSegments } = getTcpInfo(req);
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify({ rttMs, sndCwndBytes, retransmittedSegments }));
});

server.listen(port, () => {
  const session = connect(`http://localhost:${port}`, () => {
    console.log(`a client of its own: ${getTcpInfo(session).rttMs} ms`);
    session.close();
    console.log(`curl --http2-prior-knowledge http://localhost:${port}`);
  });
});
