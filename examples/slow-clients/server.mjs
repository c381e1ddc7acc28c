// A server of events (SSE) for thousands of clients. It drops those that are dead, and sends less to those that are
// slow, so that a few of them do not fill its memory.
// @ts-check
import { createServer } from "node:http";
import { getConnection, trackConnections, watchHealth } from "sockinfo/connections";

const port = Number(process.env.PORT ?? 3000);
const everyMs = Number(process.env.EVERY_MS ?? 5000);

/**
 * The response of each subscriber, by its connection.
 * @type {Map<import("sockinfo/connections").Connection, import("node:http").ServerResponse>}
 */
const subscribers = new Map();

const server = createServer((req, res) => {
  const connection = getConnection(req);
  // A second request on the connection would fill the memory. Its response waits for the end of the first, and Node
  // keeps each event for it. watchHealth does not see that, because nothing of it reaches the socket.
  if (subscribers.has(connection)) req.socket.destroy();
  // Node also calls this for requests that came in one packet with the second one.
  if (req.socket.destroyed) return;
  res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  subscribers.set(connection, res);
});

const tracker = trackConnections(server);
tracker.on("closed", (connection) => subscribers.delete(connection));
// A client that does not read gets small events, and is dropped when this many bytes wait for it all the same.
const watcher = watchHealth(tracker, { everyMs, unsentLimitBytes: 2_000_000 });
watcher.on("stalled", ({ socket }) => socket.destroy());
watcher.on("unsent", ({ socket }) => socket.destroy());

watcher.on("began", ({ id }, condition, { diagnosis }) => log({ id, began: condition, why: diagnosis.sentence }));
watcher.on("ended", ({ id }, condition) => log({ id, ended: condition }));
tracker.on("closed", ({ id, closeReason, durationMs }) => log({ id, closeReason, durationMs }));

/** @param {object} line */
function log(line) {
  console.log(JSON.stringify(line));
}

let tick = 0;
setInterval(() => {
  tick++;
  // Made once for all subscribers.
  const whole = toEvent({ tick, values: Array.from({ length: 1000 }, () => Math.random().toFixed(6)) });
  const small = toEvent({ tick });
  for (const [connection, res] of subscribers) {
    if (watcher.conditionsOf(connection).length === 0) res.write(whole);
    // Once a second. It is data on its way, so a slow client that dies is found, too.
    else if (tick % 10 === 0) res.write(small);
  }
}, 100);

/** @param {object} data */
function toEvent(data) {
  return `data: ${JSON.stringify(data)}\n\n`;
}

server.listen(port, () => console.error(`curl -N http://localhost:${port}`));

process.once("SIGTERM", () => process.exit());
