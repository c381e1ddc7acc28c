// Two echoes that answer while the client still sends. The first needs no hijacking, because Node can write the
// response while it reads the body. The second sends raw bytes after the headers, which HTTP clients don't
// understand.
// @ts-check
import { createServer } from "node:http";
import { pipeline } from "node:stream";
import { enableHijack, hijack } from "sockinfo/hijack";

const port = Number(process.env.PORT ?? 3000);
const idleMs = Number(process.env.IDLE_MS ?? 60_000);
const server = createServer((req, res) => {
  if (req.url === "/raw") {
    echoRaw(req, res).catch((error) => {
      console.error(error.message);
      // Closes the connection if it could not be hijacked. If it could, it is closed already.
      res.destroy();
    });
  } else {
    echo(req, res);
  }
});
enableHijack(server);

/** @type {import("node:http").RequestListener} */
function echo(req, res) {
  // Otherwise Node sends the headers with the first byte of the body. A client that waits for them would wait forever.
  res.flushHeaders();
  pipeline(req, res, (error) => error && console.error(error.code));
}

/** `server.close()` waits for hijacked connections but does not close them. */
const taken = new Set();

/** @param {import("node:http").IncomingMessage} req @param {import("node:http").ServerResponse} res */
async function echoRaw(req, res) {
  const { socket, head } = await hijack(req, res);
  taken.add(socket);
  socket.on("error", (error) => console.error(error.message)).on("close", () => taken.delete(socket));
  // The server's time limits no longer apply. Without this, a silent client would keep its connection for ever.
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  // Puts back what has arrived with the request.
  socket.unshift(head);
  // pipe() reads no faster than the client receives, and ends our side when the client ends.
  socket.pipe(socket);
}

server.listen(port, () => {
  console.log(`curl -sN -T . http://localhost:${port}`);
  console.log(`(printf 'GET /raw HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n'; cat) | nc localhost ${port}`);
});

process.once("SIGTERM", () => {
  server.close();
  for (const socket of taken) socket.end();
  // Clients that don't end their side would keep the process alive.
  setTimeout(() => taken.forEach((socket) => socket.destroy()), 2000).unref();
});
