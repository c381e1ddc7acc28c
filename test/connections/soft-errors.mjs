// Run by soft-errors.test.ts in a network namespace of its own, where this machine is also the router. During a
// response the router begins to reject the server's segments by ICMP. Prints the reason and the code with which the
// connection ended.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { trackConnections } from "sockinfo/connections";

const SERVER = "10.9.9.1";
const CLIENT = "10.9.9.2";
const [, , kind = ""] = process.argv;

/** @param {string} commands One on each line. */
function run(commands) {
  for (const command of commands.trim().split("\n")) {
    const [program = "", ...parameters] = command.trim().split(" ");
    execFileSync(program, parameters);
  }
}

run(`ip link set lo up
  ip link add v0 type veth peer name v1
  ip link set v0 address 02:00:00:00:00:01
  ip link set v1 address 02:00:00:00:00:02
  ip link set v0 up
  ip link set v1 up
  ip addr add ${SERVER}/32 dev lo
  ip addr add ${CLIENT}/32 dev lo
  ip addr add 10.9.8.1/32 dev v1
  ip neigh add ${CLIENT} lladdr 02:00:00:00:00:02 dev v0
  ip rule add pref 10 lookup local
  ip route add ${CLIENT}/32 dev v0 src ${SERVER} table 6
  ip route add ${kind} ${CLIENT}/32 table 5`);

const SETTINGS = {
  ip_forward: 1,
  tcp_retries2: 2,
  icmp_ratelimit: 0,
  "conf/all/rp_filter": 0,
  "conf/v1/rp_filter": 0,
  "conf/all/accept_local": 1,
  "conf/v1/accept_local": 1,
};
for (const [name, value] of Object.entries(SETTINGS)) writeFileSync(`/proc/sys/net/ipv4/${name}`, String(value));

const server = http.createServer((_req, res) => {
  const timer = setInterval(() => res.write("x"), 30);
  res.on("close", () => clearInterval(timer));
});
const closed = once(trackConnections(server), "closed");
server.listen(0, SERVER);
await once(server, "listening");
const { port } = /** @type {net.AddressInfo} */ (server.address());
const client = net.connect({ port, host: SERVER, localAddress: CLIENT }).on("error", () => {});
client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
await once(client, "data");
client.resume();
run(`ip rule add iif v1 to ${CLIENT} lookup 5 pref 1
  ip rule add to ${CLIENT} lookup 6 pref 2
  ip rule del pref 0 lookup local`);

const [connection] = await Promise.race([closed, wait(20_000, [undefined], { ref: false })]);
const { closeReason, closeError, finalTcpInfo } = connection ?? {};
console.log(JSON.stringify({ reason: closeReason, code: closeError?.code, state: finalTcpInfo?.state }));
process.exit();
