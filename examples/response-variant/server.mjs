// Sends a large or a small page, by what the kernel knows about the client's connection. At the first request that is
// only the round-trip time. Later it is also the speed at which earlier responses have arrived.
// @ts-check
import { createServer } from "node:http";
import { createTcpInfoReader } from "sockinfo";
import { appendServerTiming } from "sockinfo/server-timing";

const port = Number(process.env.PORT ?? 3000);
const PAGES = { large: "L".repeat(300_000), small: "s".repeat(20_000) };

/** The large page arrives within a second. */
const FAST_BYTES_PER_SECOND = 300_000;
/** A new connection needs about five round trips for the large page, because TCP starts slowly. */
const NEAR_MS = 200;

/** A rate that was measured over less says little, because TCP starts slowly. */
const ENOUGH_BYTES = 200_000;

const readTcp = createTcpInfoReader(["rttMs", "minRttMs", "deliveryRateBytesPerSecond", "bytesAcked"]);

/**
 * @param {import("node:http").IncomingMessage} req
 * @returns {{ page: keyof PAGES, because: string }}
 */
function choosePage(req) {
  const { rttMs, minRttMs = rttMs, deliveryRateBytesPerSecond: rate = 0, bytesAcked = 0 } = readTcp.try(req) ?? {};
  // Earlier responses have reached the client at this speed.
  if (rate >= FAST_BYTES_PER_SECOND) return { page: "large", because: "delivery rate" };
  // A low rate counts only if there was enough to send.
  if (bytesAcked >= ENOUGH_BYTES) return { page: "small", because: "delivery rate" };
  // The first request of a connection: the handshake has measured one round trip.
  if (minRttMs === undefined) return { page: "small", because: "nothing is known" };
  return { page: minRttMs < NEAR_MS ? "large" : "small", because: "round trip" };
}

const server = createServer((req, res) => {
  const { page, because } = choosePage(req);
  // The response is for this client. A cache must not send it to another one.
  res.setHeader("Cache-Control", "private, no-store");
  res.setHeader("Content-Type", "text/plain");
  appendServerTiming(res, { fields: ["minRttMs", "deliveryRateBytesPerSecond"] });
  res.end(PAGES[page]);
  console.log(JSON.stringify({ page, because, timing: res.getHeader("Server-Timing") }));
});

server.listen(port, () =>
  console.error(`curl -s -o /dev/null -o /dev/null http://localhost:${port}/ http://localhost:${port}/`),
);
