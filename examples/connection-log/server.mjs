// An access log of connections: one line of JSON for each that has ended, with what the kernel knew of it in its last moment.
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

// Idle connections are closed and logged, the others when they have their answer.
process.once("SIGTERM", () => server.close());
