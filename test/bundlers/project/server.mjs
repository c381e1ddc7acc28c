// The entry point for every bundler: a server that answers one request of its own on a hijacked connection, with the
// connection's state or the error. The package and its subpaths must be either all in the bundle or all outside.
import http from "node:http";
import { getTcpInfo, SocketInfoError } from "sockinfo";
import { getListenerInfo } from "sockinfo/connections";
import { enableHijack, hijack } from "sockinfo/hijack";
import { allowPeers } from "sockinfo/unix";

const server = http.createServer(async (req, res) => {
  const answer = answerTo(req);
  const { socket } = await hijack(req, res);
  socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${answer}`);
});
enableHijack(server);

function answerTo(req) {
  try {
    const { state } = getTcpInfo(req);
    const { acceptQueueLength } = getListenerInfo(server);
    return acceptQueueLength === 0 ? state : `a queue of ${acceptQueueLength}`;
  } catch (error) {
    return `${error.code} ${error.message}`;
  }
}

for (const refuse of [() => getListenerInfo(server), () => enableHijack(undefined), () => allowPeers(undefined, {})]) {
  try {
    refuse();
  } catch (error) {
    if (!(error instanceof SocketInfoError)) console.log("two copies of the package");
  }
}
server.listen(0, "127.0.0.1", () => {
  http.get({ host: "127.0.0.1", port: server.address().port, agent: false }, async (res) => {
    for await (const text of res.setEncoding("utf8")) console.log(text);
    server.close();
  });
});
