// `npm run demo -- --once`: makes connections on this machine and prints what sockinfo returns for them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PeerCredentials, type TcpInfo, tryGetPeerCredentials, tryGetTcpInfo } from "sockinfo";
import { printPeerTable, printTcpTable } from "./tables.mts";

/** Answers with as many bytes as the path says, and keeps TCP_INFO as it is at that moment. */
const tcpInfos: { path: string; info: TcpInfo }[] = [];
const tcpServer = http.createServer((req, res) => {
  const info = tryGetTcpInfo(req);
  if (info) tcpInfos.push({ path: req.url ?? "", info });
  res.end("x".repeat(Number(req.url?.slice(1)) || 100));
});

const peers: PeerCredentials[] = [];
const unixServer = http.createServer((req, res) => {
  const peer = tryGetPeerCredentials(req);
  if (peer) peers.push(peer);
  res.end();
});

const folder = mkdtempSync(join(tmpdir(), "sockinfo-demo-"));
const socketPath = join(folder, "socket");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

tcpServer.listen(0, "127.0.0.1");
unixServer.listen(socketPath);
await Promise.all([once(tcpServer, "listening"), once(unixServer, "listening")]);
const { port } = tcpServer.address() as AddressInfo;

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
async function request(options: http.RequestOptions): Promise<void> {
  const [response] = (await once(http.get({ agent, ...options }), "response")) as [http.IncomingMessage];
  response.resume();
  await once(response, "end");
}

for (const bytes of [100, 10_000, 1_000_000, 5_000_000, 100])
  await request({ host: "127.0.0.1", port, path: `/${bytes}` });
await request({ socketPath, agent: new http.Agent() });
await once(spawn(process.execPath, ["-e", "http.get({ socketPath: process.argv[1] })", socketPath]), "exit");
agent.destroy();

console.log("\nFive requests over one TCP connection, and its TCP_INFO when each request was handled:\n");
printTcpTable(tcpInfos);
console.log(
  `\nTwo connections over a Unix socket, and their peers: this process (${process.pid}) and a child of it:\n`,
);
printPeerTable(peers);

tcpServer.close();
unixServer.close();
