// Runs in a network namespace of its own. Lets clients overflow one of two servers, and prints what getListenerInfo,
// ss and the namespace's counters say.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { getFd } from "sockinfo";
import { getListenerInfo } from "sockinfo/connections";

const python = (/** @type {string} */ script, /** @type {unknown[]} */ ...parameters) =>
  execFileSync("python3", [join(import.meta.dirname, script), ...parameters.map(String)]);

execFileSync("ip", ["link", "set", "lo", "up"]);
const servers = [createServer(), createServer()];
for (const server of servers) await once(server.listen({ host: "127.0.0.1", port: 0, backlog: 2 }), "listening");
const ports = servers.map((server) => /** @type {import("node:net").AddressInfo} */ (server.address()).port);

const reports = [look()];
// This process accepts nothing until the clients have ended.
python("overflow.py", ports[0], 8, 3);
reports.push(look());
python("overflow.py", ports[1], 5, 3);
reports.push(look());
python("stray-reset.py", ports[1]);
reports.push(look());
console.log(JSON.stringify(reports));
process.exit();

function look() {
  return {
    infos: servers.map((server) => getListenerInfo(server)),
    byNumber: servers.map((server) => getListenerInfo(getFd(server))),
    ss: ports.map((port) => Number(/,d(\d+)\)/.exec(ss(port))?.[1])),
    namespace: listenDrops(),
  };
}

function ss(/** @type {number | undefined} */ port) {
  return execFileSync("ss", ["-ltmnOH", `sport = :${port}`], { encoding: "utf8" });
}

/** The namespace's TcpExtListenDrops. */
function listenDrops() {
  const [names = [], values = []] = readFileSync("/proc/net/netstat", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  return Number(values[names.indexOf("ListenDrops")]);
}
