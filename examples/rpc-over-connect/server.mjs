// JSON-RPC on a connection that begins with `CONNECT /rpc`, as rpc.HandleHTTP of Go has it: one port for HTTP and RPC, and the
// handlers of HTTP see who comes, and may refuse.
// @ts-check
import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { enableHijack, hijack } from "sockinfo/hijack";
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
  if (req.url !== "/rpc") {
    res.writeHead(404).end();
  } else if (req.method !== "CONNECT") {
    res.writeHead(405, { allow: "CONNECT" }).end();
  } else {
    serve(req, res).catch((error) => {
      console.error(error.message);
      // If it could not be hijacked; otherwise it is over.
      res.destroy();
    });
  }
});
enableHijack(server, { connect: true });

/** They are nobody's but ours: `server.close()` waits for them, and ends none. */
const taken = new Set();

/** @param {import("node:http").IncomingMessage} req @param {import("node:http").ServerResponse} res */
async function serve(req, res) {
  const { socket, head } = await hijack(req, res);
  taken.add(socket);
  socket.on("error", () => {}).on("close", () => taken.delete(socket));
  socket.write("HTTP/1.1 200 Connected\r\n\r\n");
  // What has come already, before what comes.
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
