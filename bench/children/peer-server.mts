// A server on a Unix socket that answers "ok" to each new connection, with a gate, without, or with nothing but the system call, as its
// arguments say. Child of ../suites/allow-peers.mts.
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allowPeers, type PeerRule } from "sockinfo/unix";
import { loopPeerCred } from "../compared/c-loop.mts";
import { fdOfSocket } from "../connections/unix-server.mts";
import { listenAndReport } from "./report-usage.mts";

export type Protocol = "http" | "net";
export type Gate = "none" | "call" | "uids" | "groups";

const [protocol, gate] = process.argv.slice(2) as [Protocol, Gate];

/** As a daemon has them: its own user and root, or a group and no user. */
const RULES: Readonly<Partial<Record<Gate, PeerRule>>> = {
  uids: { uids: [0, process.geteuid?.() ?? -1] },
  groups: { groups: [4, 27, process.getegid?.() ?? -1] },
};

const ANSWER = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok";

const folder = mkdtempSync(join(tmpdir(), "sockinfo-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("SIGTERM", () => process.exit());

let answered = 0;

const servers: Readonly<Record<Protocol, () => net.Server>> = {
  http: () =>
    http.createServer((_request, response) => {
      answered++;
      response.end("ok");
    }),
  net: () =>
    net.createServer((socket) => {
      answered++;
      socket.resume().end(ANSWER);
    }),
};

const server = servers[protocol]();
const rule = RULES[gate];
if (rule) allowPeers(server, rule);
const fds = new Int32Array(1);
if (gate === "call") {
  server.on("connection", (socket: net.Socket) => {
    fds[0] = fdOfSocket(socket);
    loopPeerCred(fds, 1);
  });
}
listenAndReport(server, () => answered, join(folder, "socket"));
