// A daemon on a Unix socket with data that belongs to a connection and not to a request: the caller's ids, and how
// many requests the connection may still make. Connections of other users are closed before their first byte is read.
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getPeerCredentials } from "sockinfo";
import { trackConnections } from "sockinfo/connections";

const REQUESTS_PER_CONNECTION = 3;

const path = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), "context-")), "socket");
const allowedUids = (process.env.ALLOWED_UIDS ?? `${process.getuid?.()}`).split(",").map(readUid);

const server = createServer((req, res) => {
  const { id, context: caller } = tracker.getConnection(req);
  if (caller.requestsLeft === 0) {
    res.writeHead(429, { connection: "close" }).end();
    return;
  }
  caller.requestsLeft -= 1;
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify({ connection: id, ...caller }));
});

/** Refuses an empty string, because Number("") is 0, which is root. */
function readUid(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`ALLOWED_UIDS must be numbers separated by commas. Received "${text}"`);
  return Number(text);
}

// TypeScript infers the context's type from what the function returns.
const tracker = trackConnections(server, {
  context: (socket) => {
    const { uid, pid } = getPeerCredentials(socket);
    if (!allowedUids.includes(uid)) throw new Error(`uid ${uid} may not connect`);
    return { uid, pid, requestsLeft: REQUESTS_PER_CONNECTION };
  },
});
tracker.on("contextError", (error) => console.error(error instanceof Error ? error.message : error));

// The mode of the socket lets every user connect. The check in `context` decides.
server.listen({ path, writableAll: true }, () => console.log(`curl --unix-socket ${path} http://localhost`));

// This also removes the socket's file.
process.once("SIGTERM", () => server.close());
