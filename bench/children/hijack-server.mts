// A server on which hijacking is enabled or not, as its arguments say. It answers "ok", or gives the connection away to what
// sends back the first bytes and closes. Child of ../suites/hijack.mts.
import http, { type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { enableHijack, hijack } from "sockinfo/hijack";
import { listenAndReport } from "./report-usage.mts";

/** `late` is after an await, as most handlers answer. */
export type Handler = "answer" | "answer-late" | "hijack" | "upgrade";
export type Enabled = "no" | "yes";

const [handler, enabled] = process.argv.slice(2) as [Handler, Enabled];

const HANDLERS: Readonly<Record<Handler, http.RequestListener>> = {
  answer(_request, response) {
    requests++;
    response.end("ok");
  },
  async "answer-late"(_request, response) {
    requests++;
    await Promise.resolve();
    response.end("ok");
  },
  async hijack(request, response) {
    const { socket, head } = await hijack(request, response);
    echo(request, socket, head);
  },
  upgrade(_request, response) {
    response.destroy(new Error("not upgraded"));
  },
};

let requests = 0;

// One connection serves for the whole of the run.
const server = http.createServer({ keepAliveTimeout: 0 }, HANDLERS[handler]);
if (handler === "upgrade") server.on("upgrade", echo);
if (enabled === "yes") enableHijack(server);
listenAndReport(server, () => requests);

function echo(_request: IncomingMessage, socket: Duplex, head: Buffer): void {
  requests++;
  if (head.length > 0) throw new Error("the load does not wait");
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  socket.once("data", (data) => socket.end(data));
}
