// Attaches clients to a process as Docker does, `POST /containers/<id>/attach`: HTTP up to the headers of the response, then the
// process's input in one direction, its outputs in frames in the other.
// @ts-check
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { enableHijack, hijack } from "sockinfo/hijack";
import { framesOf, STDERR, STDOUT } from "./frames.mjs";

/** Stands for the container: each line to the one output, and its length to the other. */
const SCRIPT = 'while read -r line; do echo "$line"; echo "${#line}" >&2; done';

const path = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), "attach-")), "socket");
const server = createServer((req, res) => {
  const { pathname } = new URL(req.url ?? "", "http://localhost");
  if (req.method !== "POST" || pathname !== "/containers/demo/attach") {
    res.writeHead(404).end();
  } else {
    attach(req, res).catch((error) => {
      console.error(error.message);
      // If it could not be hijacked; otherwise it is over.
      res.destroy();
    });
  }
});
enableHijack(server);

/** They are nobody's but ours: `server.close()` waits for them, and ends none. */
const attached = new Set();

/** @param {import("node:http").IncomingMessage} req @param {import("node:http").ServerResponse} res */
async function attach(req, res) {
  const { socket, head } = await hijack(req, res);
  const child = spawn("sh", ["-c", SCRIPT]);
  attached.add(socket);
  socket.on("error", (error) => console.error(error.message));
  child.on("error", (error) => socket.destroy(error));
  socket.on("close", () => attached.delete(socket) && child.kill());

  // By an Upgrade, a client asks proxies to let both directions through. It may as well not.
  const status = req.headers.upgrade ? "101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp" : "200 OK";
  socket.write(`HTTP/1.1 ${status}\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n`);

  // What has come already, before what comes. The client's end is the end of the input, and of no more than that.
  socket.unshift(head);
  socket.pipe(child.stdin).on("error", () => {});
  await Promise.all([
    pipeline(child.stdout, framesOf(STDOUT), socket, { end: false }),
    pipeline(child.stderr, framesOf(STDERR), socket, { end: false }),
  ]);
  socket.end();
  // The client's end is only seen by who reads.
  socket.unpipe().resume();
}

server.listen(path, () => console.log(`node examples/docker-attach/client.mjs ${path}`));

// Takes the socket's file away, too.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close();
    for (const socket of attached) socket.destroy();
  });
}
