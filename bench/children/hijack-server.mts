// A server that answers "ok", or hands the connection over to an echo. Its arguments say which, and whether hijacking
// is enabled.
import http, { type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { enableHijack, hijack } from "sockinfo/hijack";
import { listenAndReport } from "./listen-and-report.mts";

/** "answer-late" answers after an await, as most handlers do. */
export type Handler = "answer" | "answer-late" | "hijack" | "upgrade";
export type Hijacking = "disabled" | "enabled";

const [handler, hijacking] = process.argv.slice(2) as [Handler, Hijacking];

const HANDLERS: Readonly<Record<Handler, http.RequestListener>> = {
  answer(_request, response) {
    answers++;
    response.end("ok");
  },
  async "answer-late"(_request, response) {
    answers++;
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

let answers = 0;

// Clients are idle while other servers are measured.
const server = http.createServer({ keepAliveTimeout: 0 }, HANDLERS[handler]);
if (handler === "upgrade") server.on("upgrade", echo);
if (hijacking === "enabled") enableHijack(server);
listenAndReport(server, () => answers);

/** Sends the first bytes back and closes. */
function echo(_request: IncomingMessage, socket: Duplex, head: Buffer): void {
  answers++;
  if (head.length > 0) throw new Error("the client has not waited for the 101");
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  socket.once("data", (data) => socket.end(data));
}
