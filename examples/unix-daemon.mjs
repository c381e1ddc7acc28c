// A daemon on a Unix socket for its own user only. The kernel identifies the callers, so no password or token is
// needed.
// @ts-check
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryGetPeerCredentials } from "sockinfo";
import { allowPeers, listenUnix } from "sockinfo/unix";

const path = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), "daemon-")), "socket");

const server = createServer((req, res) => {
  res.setHeader("content-type", "application/json");
  // Undefined if the connection has already closed. getPeerCredentials() would throw then, and end the process.
  res.end(JSON.stringify(tryGetPeerCredentials(req) ?? null));
});

// Other users can't connect, because listenUnix() makes a socket of mode 0600. Root can connect, and gets a 403.
allowPeers(server, { uids: [Number(process.geteuid?.())] }, { refuseWith: 403 });
// This also removes the socket's file.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());

await listenUnix(server, path);
console.log(`curl --unix-socket ${path} http://localhost`);
