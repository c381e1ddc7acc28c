// JSON-RPC on a connection that begins with `CONNECT /rpc`, as rpc.HandleHTTP of Go has it: one port for HTTP and RPC.
// @ts-check
import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { linesOf, toLine } from "./lines.mjs";

const port = Number(process.env.PORT ?? 3000);

/** What may be called: gives notifications, and at last a result. @type {Record<string, (params: any) => Iterable<object> | AsyncIterable<object>>} */
const methods = {
  add: ([a, b]) => [{ result: a + b }],
  async *countTo([limit]) {
    for (let number = 1; number <= limit; number += 1) {
      yield { method: "counted", params: [number] };
      // For a client that reads as fast, all of it would be made in one go, and others would wait.
      if (number % 100 === 0) await setImmediate();
    }
    yield { result: limit };
  },
};

const server = createServer((req, res) => {
  if (req.url === "/rpc") res.writeHead(405, { allow: "CONNECT" }).end();
  else res.writeHead(404).end();
});

/** Their owner is this program: `server.close()` waits for them, and ends none. */
const taken = new Set();

server.on("connect", (req, stream, head) => {
  // Node's types say Duplex, as a program may inject any stream.
  const socket = /** @type {import("node:net").Socket} */ (stream);
  taken.add(socket);
  socket.on("error", () => {}).on("close", () => taken.delete(socket));
  if (req.url !== "/rpc") {
    refuse(socket);
  } else {
    // Without it, a client that never leaves would keep the connection.
    socket.setTimeout(60_000, () => socket.destroy());
    serve(socket, head).catch(() => socket.destroy());
  }
});

/** Ends the connection, too: what the client sends after CONNECT is not HTTP. @param {import("node:net").Socket} socket */
function refuse(socket) {
  socket.write("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
  socket.destroySoon();
}

/** @param {import("node:net").Socket} socket @param {Buffer} head */
async function serve(socket, head) {
  socket.write("HTTP/1.1 200 Connected\r\n\r\n");
  // The bytes that came already, before the bytes to come.
  socket.unshift(head);
  // One call after the other, no faster than the client takes the answers. When the client ends, so does this side.
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
  // Clients that don't end their half would keep the process.
  setTimeout(() => taken.forEach((socket) => socket.destroy()), 2000).unref();
});
