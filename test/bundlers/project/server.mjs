// What every bundler is given: a server that answers one request of its own, with the connection's state or with the error. The
// subpath must come from where the package comes from: both in the bundle, or neither.
import http from "node:http";
import { getTcpInfo, SocketInfoError } from "sockinfo";
import { getListenerInfo } from "sockinfo/connections";

const server = http.createServer((req, res) => {
  try {
    const { state } = getTcpInfo(req);
    const { acceptQueueLength } = getListenerInfo(server);
    res.end(acceptQueueLength === 0 ? state : `a queue of ${acceptQueueLength}`);
  } catch (error) {
    res.end(`${error.code} ${error.message}`);
  }
});
try {
  getListenerInfo(server);
} catch (error) {
  if (!(error instanceof SocketInfoError)) console.log("two copies of the package");
}
server.listen(0, "127.0.0.1", () => {
  http.get({ host: "127.0.0.1", port: server.address().port, agent: false }, async (res) => {
    for await (const text of res.setEncoding("utf8")) console.log(text);
    server.close();
  });
});
