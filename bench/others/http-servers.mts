// Three servers in one process, which differ in one header. They answer like those of nginx.conf.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { getTcpInfo } from "sockinfo";

const HEADERS: readonly ((req: IncomingMessage, res: ServerResponse) => unknown)[] = [
  () => {},
  (_req, res) => res.setHeader("X-RTT", "12345"),
  (req, res) => res.setHeader("X-RTT", String(getTcpInfo(req).rttMs)),
];

for (const [i, addHeader] of HEADERS.entries()) {
  const server = http.createServer({ keepAliveTimeout: 0 }, (req, res) => {
    addHeader(req, res);
    res.end("ok");
  });
  server.listen(8090 + i, "127.0.0.1");
}
