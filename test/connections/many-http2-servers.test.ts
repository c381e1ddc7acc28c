// getCurrentSocket() knows the HTTP/2 servers of the thread. Each further server must not cost a look at all of them, so
// this counts the looks.
import { channel } from "node:diagnostics_channel";
import http2, { type Http2Server } from "node:http2";
import { expect, onTestFinished, test, vi } from "vitest";
import { enable } from "./helpers/current-socket";

const SERVERS = 1000;
const LISTENERS_OF_NODE = http2.createServer().listenerCount("stream");

/** What Node reports when a server begins to listen. */
const reportListen = (server: Http2Server): void => channel("tracing:net.server.listen:asyncStart").publish({ server });

const listenersOf = (server: Http2Server): number => server.listenerCount("stream") - LISTENERS_OF_NODE;

test("each server is looked at a few times, and loses its listener in the end", () => {
  const enabled = enable();
  const looks = vi.spyOn(WeakRef.prototype, "deref");
  onTestFinished(() => looks.mockRestore());
  const servers = Array.from({ length: SERVERS }, () => http2.createServer());
  for (const server of servers) {
    reportListen(server);
    // As after a close() and another listen().
    reportListen(server);
  }
  expect(looks.mock.calls.length).toBeLessThan(3 * SERVERS);
  expect(servers.map(listenersOf)).toEqual(servers.map(() => 1));
  enabled.close();
  expect(servers.map(listenersOf)).toEqual(servers.map(() => 0));
});
