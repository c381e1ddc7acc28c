// What every bundler is given: a server that answers one request of its own, with the connection's state or with the error.
import http from "node:http";
import { getTcpInfo } from "sockinfo";

const server = http.createServer((req, res) => {
  try {
    res.end(getTcpInfo(req).state);
  } catch (error) {
    res.end(`${error.code} ${error.message}`);
  }
});
server.listen(0, "127.0.0.1", () => {
  http.get({ host: "127.0.0.1", port: server.address().port, agent: false }, async (res) => {
    for await (const text of res.setEncoding("utf8")) console.log(text);
    server.close();
  });
});
