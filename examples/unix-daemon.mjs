// A daemon on a Unix socket that serves its own user only. The kernel says who calls; no password, no token.
// @ts-check
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryGetPeerCredentials } from "sockinfo";

const path = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), "daemon-")), "socket");

const server = createServer((req, res) => {
  const peer = tryGetPeerCredentials(req);
  if (peer === undefined || peer.uid !== process.getuid?.()) {
    res.writeHead(403).end();
    return;
  }
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify(peer));
});

server.listen(path, () => console.log(`curl --unix-socket ${path} http://localhost`));

// Takes the socket's file away, too.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
