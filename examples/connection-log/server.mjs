// A log of connections: one line of JSON for each connection that has ended, with its final TCP_INFO.
// @ts-check
import { createServer } from "node:http";
import { trackConnections } from "sockinfo/connections";

const port = Number(process.env.PORT ?? 3000);
const server = createServer((_, res) => void res.end("ok\n"));

trackConnections(server).on("closed", (connection) => {
  const { id, remote, openedAt, durationMs, requests, closeReason, closeError, finalTcpInfo: tcp } = connection;
  const line = {
    id,
    remote,
    openedAt,
    durationMs: Math.round(durationMs),
    requests: requests.served,
    abortedRequests: requests.inFlight,
    closeReason,
    error: closeError?.message,
    rttMs: tcp?.rttMs,
    retransmittedSegments: tcp?.retransmittedSegments,
    bytesSent: tcp?.bytesSent,
    bytesReceived: tcp?.bytesReceived,
  };
  console.log(JSON.stringify(line));
});

server.listen(port, () => console.error(`curl http://localhost:${port}`));

// Closes idle connections at once, and the others after their response. All of them are logged.
process.once("SIGTERM", () => server.close());
