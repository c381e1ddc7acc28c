// A server on a Unix socket that answers "ok" to each new connection. Its arguments name the protocol and how it
// checks peers.
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allowPeers, type PeerRule } from "sockinfo/unix";
import { fdOfSocket, loopPeerCred } from "../compared/c-loop.mts";
import { listenAndReport } from "./listen-and-report.mts";

export type Protocol = "http" | "net";
/** "c-loop" makes the system call and nothing else. */
export type PeerCheck = "none" | "c-loop" | "uids" | "groups";

const [protocol, peerCheck] = process.argv.slice(2) as [Protocol, PeerCheck];

/** Rules that daemons have: their own user and root, or a group and no user. */
const RULES: Readonly<Partial<Record<PeerCheck, PeerRule>>> = {
  uids: { uids: [0, process.geteuid?.() ?? -1] },
  groups: { groups: [4, 27, process.getegid?.() ?? -1] },
};

const ANSWER = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok";

const folder = mkdtempSync(join(tmpdir(), "sockinfo-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("SIGTERM", () => process.exit());

let answers = 0;

const servers: Readonly<Record<Protocol, () => net.Server>> = {
  http: () =>
    http.createServer((_request, response) => {
      answers++;
      response.end("ok");
    }),
  net: () =>
    net.createServer((socket) => {
      answers++;
      socket.resume().end(ANSWER);
    }),
};

const server = servers[protocol]();
const rule = RULES[peerCheck];
if (rule) allowPeers(server, rule);
const fds = new Int32Array(1);
if (peerCheck === "c-loop") {
  server.on("connection", (socket: net.Socket) => {
    fds[0] = fdOfSocket(socket);
    loopPeerCred(fds, 1);
  });
}
listenAndReport(server, () => answers, join(folder, "socket"));
