// Attaches clients to a process by `POST /containers/<id>/attach`, as Docker does. After the response headers, the
// connection carries the process's input in one direction and its outputs, in frames, in the other.
// @ts-check
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { enableHijack, hijack } from "sockinfo/hijack";
import { framesOf, STDERR, STDOUT } from "./frames.mjs";

/** Takes the place of the container. Writes each line to stdout and its length to stderr. */
const SCRIPT = 'while read -r line; do echo "$line"; echo "${#line}" >&2; done';

const path = process.argv[2] ?? join(mkdtempSync(join(tmpdir(), "attach-")), "socket");
const server = createServer((req, res) => {
  // Not new URL(), which throws for some targets, such as "//". An exception here would end the process.
  const [pathname] = (req.url ?? "").split("?");
  if (req.method !== "POST" || pathname !== "/containers/demo/attach") {
    res.writeHead(404).end();
  } else {
    attach(req, res).catch((error) => {
      console.error(error.message);
      // Closes the connection if it could not be hijacked. If it could, it is closed already.
      res.destroy();
    });
  }
});
enableHijack(server);

/** `server.close()` waits for hijacked connections but does not close them. */
const attached = new Set();

/** @param {import("node:http").IncomingMessage} req @param {import("node:http").ServerResponse} res */
async function attach(req, res) {
  const { socket, head } = await hijack(req, res);
  const child = spawn("sh", ["-c", SCRIPT]);
  attached.add(socket);
  socket.on("error", (error) => console.error(error.message));
  // The server's time limits no longer apply. An hour, because an attached client may be silent for long.
  socket.setTimeout(3_600_000, () => socket.destroy());
  child.on("error", (error) => socket.destroy(error));
  socket.on("close", () => attached.delete(socket) && child.kill());

  // Some clients ask for an Upgrade, so that proxies pass on both directions.
  const status = req.headers.upgrade ? "101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp" : "200 OK";
  socket.write(`HTTP/1.1 ${status}\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n`);

  // Puts back what has arrived with the request. When the client ends, only the process's input ends.
  socket.unshift(head);
  socket.pipe(child.stdin).on("error", () => {});
  await Promise.all([
    pipeline(child.stdout, framesOf(STDOUT), socket, { end: false }),
    pipeline(child.stderr, framesOf(STDERR), socket, { end: false }),
  ]);
  socket.end();
  // Reads on, because the end of the client is only noticed while the socket is read.
  socket.unpipe().resume();
}

server.listen(path, () => console.log(`node examples/docker-attach/client.mjs ${path}`));

// This also removes the socket's file.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close();
    for (const socket of attached) socket.destroy();
  });
}
