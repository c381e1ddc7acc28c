// Preloaded before a program. On a message, it reports to its parent the served requests and the number of open
// connections.
import { subscribe } from "node:diagnostics_channel";

/** @type {string[]} */
const served = [];
const open = new Set();

subscribe("http.server.request.start", (message) => {
  const { request } = /** @type {{ request: import("node:http").IncomingMessage }} */ (message);
  served.push(`${request.method} ${request.url}`);
});

subscribe("net.server.socket", (message) => {
  const { socket } = /** @type {{ socket: import("node:net").Socket }} */ (message);
  open.add(socket);
  socket.once("close", () => open.delete(socket));
});

process.on("message", () => process.send?.({ served, open: open.size }));
// Does not keep the program alive.
process.channel?.unref();
