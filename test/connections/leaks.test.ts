// After many connections that ended in all ways, nothing of them is left. test/soak does it with many more.
import { readdirSync } from "node:fs";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { getConnection } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { until } from "../helpers/servers";
import { connect, dial, type Client, type Http1Client } from "../helpers/http-clients";
import { isHttp2, isTls, KINDS, nodeMajor, type Kind } from "../helpers/http-servers";
import { serve } from "./helpers/servers";

const ROUNDS = 6;
const AT_ONCE = 5;

type End = (client: Client, server: Server, kind: Kind) => Promise<unknown> | void;

const ENDS: Record<string, End> = {
  fin: (client) => client.end(),
  "fin, idle": (client) => client.get().then(() => client.end()),
  rst: ({ wire }, _, kind) => void (kind === "unix" ? wire.destroy() : wire.resetAndDestroy()),
  "rst, idle": async (client, _, kind) => {
    await client.get();
    if (kind !== "unix") client.wire.resetAndDestroy();
    else client.wire.destroy();
  },
  "fin, a request in flight": (client) => {
    client.send("/hang");
    client.end();
    client.wire.end();
  },
  "destroyed by the handler": (client) => client.send("/destroy"),
  // After such a frame Node 20 stops reading an h2c connection, and keeps it for ever, tracked or not.
  garbage: (client, _, kind) =>
    void (isHttp2(kind) ? client.wire : (client as Http1Client).stream).write("garbage\r\n\r\n"),
};

const countDescriptors = (): number => readdirSync("/proc/self/fd").length;

describe.skipIf(lacks("linux")).each(KINDS)("%s", (kind) => {
  test("no entry, listener, descriptor or object is left", async () => {
    const before = countDescriptors();
    const { server, tracker } = await serve(kind, (req, res) => {
      if (req.url === "/destroy") getConnection(req).socket.destroy();
      else if (req.url !== "/hang") res.end("ok");
    });
    const ended: WeakRef<object>[] = [];
    tracker.on("closed", (connection) => {
      ended.push(new WeakRef(connection), new WeakRef(connection.socket));
    });
    const wires: Socket[] = [];
    const possible = Object.values(ENDS).filter((end) => nodeMajor > 20 || kind !== "h2c" || end !== ENDS["garbage"]);
    const listeners = server.eventNames().map((event) => server.listenerCount(event));
    const run = async (end: End): Promise<void> => {
      const client = await connect(server, kind);
      wires.push(client.wire);
      await end(client, server, kind);
    };
    for (let round = 0; round < ROUNDS; round++) {
      for (const end of possible) await Promise.all(Array.from({ length: AT_ONCE }, () => run(end)));
      // A client that leaves before the handshake.
      if (isTls(kind)) (await dial(server)).destroy();
    }
    const opened = wires.length;
    // Node's HTTP/2 client may keep its half open.
    for (const wire of wires.splice(0)) wire.destroy();
    await until(() => tracker.size === 0 && ended.length >= 2 * opened);
    expect(server.eventNames().map((event) => server.listenerCount(event))).toEqual(listeners);
    // The one descriptor more is the listening socket's.
    await until(() => countDescriptors() === before + 1);
    const isAlive = (): number => ended.filter((reference) => reference.deref() !== undefined).length;
    await until(() => {
      gc?.();
      // Node keeps the latest ones for a while, in its pool of parsers and its lists.
      return isAlive() < ended.length / 50;
    });
  });
});
