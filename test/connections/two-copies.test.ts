// Two copies of the package in one process, as two dependencies bring them. Both track the same server, and neither
// disturbs the other.
import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as ours from "sockinfo/connections";
import type { Connection } from "sockinfo/connections";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeCopy } from "../helpers/copy";
import { until } from "../helpers/servers";
import { connect } from "../helpers/http-clients";
import { KINDS, makeServer, open } from "../helpers/http-servers";

type Copy = typeof ours;

const { home, remove } = makeCopy();
let theirs: Copy;

beforeAll(() => {
  theirs = createRequire(import.meta.url)(join(home, "dist/connections/index.js")) as Copy;
  expect(theirs.trackConnections).not.toBe(ours.trackConnections);
});

afterAll(remove);

/** Tracks a server by one copy, and records the states of its one connection. */
function follow(copy: Copy, server: Server) {
  const tracker = copy.trackConnections(server);
  onTestFinished(() => tracker.close());
  const states: string[] = [];
  tracker.on("state", (_, __, to) => states.push(to));
  return {
    copy,
    tracker,
    states,
    getConnection: copy.getConnection,
    closed: once(tracker, "closed") as Promise<[Connection]>,
  };
}

describe.each(KINDS)("%s", (kind) => {
  test("both emit the same states, each for its own object", async () => {
    const server = makeServer(kind) as Server;
    const [one, two] = [follow(ours, server), follow(theirs, server)];
    await open(server, kind);
    const client = await connect(server, kind);
    await client.get();
    await until(() => one.states.includes("idle") && two.states.includes("idle"));
    client.end();
    const [[first], [second]] = await Promise.all([one.closed, two.closed]);
    expect(one.states).toEqual(["new", "active", "idle", "closed"]);
    expect(two.states).toEqual(one.states);
    expect(second).not.toBe(first);
    expect(second.socket).toBe(first.socket);
    expect(second.finalTcpInfo?.bytesReceived).toBe(first.finalTcpInfo?.bytesReceived);
    for (const { closeReason, requests } of [first, second]) {
      expect({ closeReason, requests }).toEqual({ closeReason: "client-end", requests: { served: 1, inFlight: 0 } });
    }
  });

  test.each(["first", "second"])("the %s tracker closes, and the other goes on", async (which) => {
    const server = makeServer(kind) as Server;
    const [early, late] = [follow(ours, server), follow(theirs, server)];
    const [leaving, staying] = which === "first" ? [early, late] : [late, early];
    await open(server, kind);
    const client = await connect(server, kind);
    await client.get();
    await until(() => leaving.states.includes("idle") && staying.states.includes("idle"));
    leaving.tracker.close();
    await client.get();
    await until(() => staying.states.filter((state) => state === "idle").length === 2);
    const [connection] = staying.tracker as Iterable<Connection>;
    expect(staying.getConnection(connection!.socket)).toBe(connection);
    expect(() => leaving.getConnection(connection!.socket)).toThrow(
      expect.objectContaining({ code: "ERR_SOCKINFO_NOT_TRACKED" }),
    );
    client.end();
    expect((await staying.closed)[0]).toBe(connection);
    expect(connection).toMatchObject({ closeReason: "client-end", requests: { served: 2, inFlight: 0 } });
    expect(connection!.finalTcpInfo === undefined).toBe(kind === "unix");
    expect(leaving.states).toEqual(["new", "active", "idle"]);
  });
});

test("passive listeners of 'upgrade', 'connect' and 'clientError' go with the last active one", async () => {
  const server = makeServer("http") as Server;
  follow(ours, server);
  follow(theirs, server);
  for (const event of ["upgrade", "connect", "clientError"]) {
    const listener = (): void => {};
    server.on(event, listener);
    expect(server.listeners(event)).toContain(listener);
    server.off(event, listener);
    // A listener that is left over would change what Node does.
    expect(server.listenerCount(event)).toBe(0);
  }
});

test("copies that close and track again do not call each other in a circle", async () => {
  const server = await open(makeServer("http") as Server);
  const [one, two] = [follow(ours, server), follow(theirs, server)];
  const { wire } = await connect(server, "http");
  await until(() => one.tracker.size === 1 && two.tracker.size === 1);
  for (const { tracker, copy } of [one, two]) {
    tracker.close();
    const again = follow(copy, server);
    const [connection] = again.tracker as Iterable<Connection>;
    expect(connection).toMatchObject({ adopted: true });
  }
  const [connection] = theirs.getTracker(server)!;
  const closed = once(theirs.getTracker(server)!, "closed");
  connection!.socket.destroy();
  // The descriptor is closed.
  await Promise.all([closed, once(wire, "close")]);
  expect(connection!.socket.errored).toBeNull();
  expect(connection).toMatchObject({ closeReason: "server-destroy", finalTcpInfo: { state: "ESTABLISHED" } });
});
