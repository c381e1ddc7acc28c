// A tracker of many servers. Detaching all of them looks at each connection a few times, and not once for each server,
// so this counts the looks.
import { createServer, type Server } from "node:net";
import { Duplex } from "node:stream";
import { type Connection, type ConnectionTracker, trackConnections } from "sockinfo/connections";
import { expect, test } from "vitest";

const SERVERS = 100;
const CONNECTIONS_EACH = 10;

interface Setup {
  readonly tracker: ConnectionTracker<undefined>;
  readonly servers: readonly Server[];
  /** How often code has asked a connection for its server. */
  readonly looks: { count: number };
}

/** Not public. */
const serverOf = (connection: Connection): Server => (connection as unknown as { server: Server }).server;

/** The connections of the servers come in turn. */
function connect(): Setup {
  const servers = Array.from({ length: SERVERS }, () => createServer());
  const tracker = trackConnections(servers[0] as Server);
  for (const server of servers) tracker.attach(server);
  for (let round = 0; round < CONNECTIONS_EACH; round++) for (const server of servers) accept(server);
  const looks = { count: 0 };
  for (const connection of tracker) countLooks(connection, looks);
  return { tracker, servers, looks };
}

function accept(server: Server): Duplex {
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, callback) => callback() });
  server.emit("connection", stream);
  return stream;
}

function countLooks(connection: Connection, looks: { count: number }): void {
  const server = serverOf(connection);
  Object.defineProperty(connection, "server", {
    get: () => {
      looks.count++;
      return server;
    },
  });
}

test("detaching all servers looks at each connection a few times", () => {
  const { tracker, servers, looks } = connect();
  for (const server of servers) {
    const before = tracker.size;
    tracker.detach(server);
    expect(before - tracker.size).toBe(CONNECTIONS_EACH);
  }
  expect(tracker.size).toBe(0);
  expect(looks.count).toBeLessThanOrEqual(4 * SERVERS * CONNECTIONS_EACH);
});

test("closing the tracker looks at no connection's server", () => {
  const { tracker, looks } = connect();
  tracker.close();
  expect(tracker.size).toBe(0);
  expect(looks.count).toBe(0);
});

test("connections that come and go between two detachings are of the right server", async () => {
  const [first, second, third] = [createServer(), createServer(), createServer()];
  const tracker = trackConnections(first).attach(second).attach(third);
  for (const server of [first, second, third]) accept(server);
  tracker.detach(first);
  const gone = accept(second);
  accept(third);
  accept(second);
  gone.destroy();
  await new Promise(setImmediate);
  expect([...tracker].map(serverOf)).toEqual([second, third, third, second]);
  tracker.detach(third);
  expect([...tracker].map(serverOf)).toEqual([second, second]);
  tracker.attach(third);
  accept(third);
  tracker.detach(second);
  expect([...tracker].map(serverOf)).toEqual([third]);
  tracker.detach(third);
  expect(tracker.size).toBe(0);
});
