// What belongs to a connection and not to a request: who is at the other end, asked once, and how many requests it has left.
// A daemon on a Unix socket; the kernel says who calls, and callers of other users are refused before their first byte is read.
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

/** Number("") is 0, which is root. */
function readUid(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`ALLOWED_UIDS must be numbers with commas between them. Received "${text}"`);
  return Number(text);
}

// TypeScript knows the context by what the function returns.
const tracker = trackConnections(server, {
  context: (socket) => {
    const { uid, pid } = getPeerCredentials(socket);
    if (!allowedUids.includes(uid)) throw new Error(`uid ${uid} may not connect`);
    return { uid, pid, requestsLeft: REQUESTS_PER_CONNECTION };
  },
});
tracker.on("contextError", (error) => console.error(error instanceof Error ? error.message : error));

// Anybody may connect; the kernel's word decides.
server.listen({ path, writableAll: true }, () => console.log(`curl --unix-socket ${path} http://localhost`));

// Takes the socket's file away, too.
process.once("SIGTERM", () => server.close());
