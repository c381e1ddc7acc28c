// Two echoes that answer while the client still sends. The first needs no hijacking: Node's responses can be written while the
// body is read. The second speaks raw bytes behind the headers, which no HTTP client would understand.
// @ts-check
import { createServer } from "node:http";
import { pipeline } from "node:stream";
import { enableHijack, hijack } from "sockinfo/hijack";

const port = Number(process.env.PORT ?? 3000);
const server = createServer((req, res) => {
  if (req.url === "/raw") {
    echoRaw(req, res).catch((error) => {
      console.error(error.message);
      // If it could not be hijacked; otherwise it is over.
      res.destroy();
    });
  } else {
    echo(req, res);
  }
});
enableHijack(server);

/** @type {import("node:http").RequestListener} */
function echo(req, res) {
  // Else the headers wait for the first byte of the answer, and a client that waits for them before it sends waits for ever.
  res.flushHeaders();
  pipeline(req, res, (error) => error && console.error(error.code));
}

/** They are nobody's but ours: `server.close()` waits for them, and ends none. */
const taken = new Set();

/** @param {import("node:http").IncomingMessage} req @param {import("node:http").ServerResponse} res */
async function echoRaw(req, res) {
  const { socket, head } = await hijack(req, res);
  taken.add(socket);
  socket.on("error", (error) => console.error(error.message)).on("close", () => taken.delete(socket));
  socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  // What has come already, before what comes.
  socket.unshift(head);
  // Reads no faster than the client takes, and ends when the client does.
  socket.pipe(socket);
}

server.listen(port, () => {
  console.log(`curl -sN -T . http://localhost:${port}`);
  console.log(`(printf 'GET /raw HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n'; cat) | nc localhost ${port}`);
});

process.once("SIGTERM", () => {
  server.close();
  for (const socket of taken) socket.end();
  // Clients that don't end their half would keep the process.
  setTimeout(() => taken.forEach((socket) => socket.destroy()), 2000).unref();
});
