// A daemon on a Unix socket that serves its own user only. The kernel says who calls; no password, no token.
// @ts-check
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getPeerCredentials } from "sockinfo";
import { allowPeers, listenUnix } from "sockinfo/unix";

const path = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), "daemon-")), "socket");

const server = createServer((req, res) => {
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify(getPeerCredentials(req)));
});

// Others can't connect: the socket's mode is 0600. Root can, and is refused.
allowPeers(server, { uids: [Number(process.geteuid?.())] }, { refuseWith: 403 });
// Takes the socket's file away, too.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());

await listenUnix(server, path);
console.log(`curl --unix-socket ${path} http://localhost`);
