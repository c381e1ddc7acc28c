// JSON-RPC on connections that begin with `CONNECT /rpc`, like Go's rpc.HandleHTTP. One port serves HTTP and RPC.
// @ts-check
import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { linesOf, toLine } from "./lines.mjs";

const port = Number(process.env.PORT ?? 3000);

/**
 * The methods. Each yields notifications and then a result.
 * @type {Record<string, (params: any) => Iterable<object> | AsyncIterable<object>>}
 */
const methods = {
  add: ([a, b]) => [{ result: a + b }],
  async *countTo([limit]) {
    for (let number = 1; number <= limit; number += 1) {
      yield { method: "counted", params: [number] };
      // Lets other connections have their turn, even if this client reads as fast as we write.
      if (number % 100 === 0) await setImmediate();
    }
    yield { result: limit };
  },
};

const server = createServer((req, res) => {
  if (req.url === "/rpc") res.writeHead(405, { allow: "CONNECT" }).end();
  else res.writeHead(404).end();
});

/** `server.close()` waits for these connections but does not close them. */
const taken = new Set();

server.on("connect", (req, stream, head) => {
  // The type is Duplex, because programs may pass other streams to a server. Here it is always a socket.
  const socket = /** @type {import("node:net").Socket} */ (stream);
  taken.add(socket);
  socket.on("error", () => {}).on("close", () => taken.delete(socket));
  if (req.url !== "/rpc") {
    refuse(socket);
  } else {
    // Otherwise a silent client would keep the connection forever.
    socket.setTimeout(60_000, () => socket.destroy());
    serve(socket, head).catch(() => socket.destroy());
  }
});

/** Also ends the connection, because what follows a CONNECT is not HTTP. @param {import("node:net").Socket} socket */
function refuse(socket) {
  socket.write("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
  socket.destroySoon();
}

/** @param {import("node:net").Socket} socket @param {Buffer} head */
async function serve(socket, head) {
  socket.write("HTTP/1.1 200 Connected\r\n\r\n");
  // Puts back what has arrived with the request.
  socket.unshift(head);
  // Calls are handled one after the other, no faster than the client reads the answers. We end when the client ends.
  await pipeline(linesOf(socket), answer, socket);
}

/** @param {AsyncIterable<string>} lines */
async function* answer(lines) {
  for await (const line of lines) {
    const { id = null, method, params } = parse(line);
    try {
      const messages = Object.hasOwn(methods, method) && methods[method]?.(params);
      if (!messages) throw new Error("there is no such method");
      for await (const message of messages) yield toLine("result" in message ? { id, ...message } : message);
    } catch (error) {
      yield toLine({ id, error: { code: -32_000, message: String(error) } });
    }
  }
}

/** @param {string} line */
function parse(line) {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

server.listen(port, () => console.log(`node examples/rpc-over-connect/client.mjs localhost:${port}`));

process.once("SIGTERM", () => {
  server.close();
  for (const socket of taken) socket.end();
  // Clients that don't end their side would keep the process alive.
  setTimeout(() => taken.forEach((socket) => socket.destroy()), 2000).unref();
});
