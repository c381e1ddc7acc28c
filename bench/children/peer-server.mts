// A server on a Unix socket that answers "ok" to each new connection, with a gate or without, as its arguments say. Child of
// ../suites/allow-peers.mts.
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allowPeers, type PeerRule } from "sockinfo/unix";
import { listenAndReport } from "./report-usage.mts";

export type Protocol = "http" | "net";
export type Gate = "none" | "uids" | "groups";

const [protocol, gate] = process.argv.slice(2) as [Protocol, Gate];

/** As a daemon has them: its own user and root, or a group and no user. */
const RULES: Readonly<Record<Exclude<Gate, "none">, PeerRule>> = {
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
if (gate !== "none") allowPeers(server, RULES[gate]);
listenAndReport(server, () => answered, join(folder, "socket"));
