// The context of a connection: made once and before its first byte. And what happens when `context` throws.
import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { getConnection, trackConnections, type Connection } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect, dial, request } from "../helpers/http-clients";
import { isTls, KINDS, makeServer, open } from "../helpers/http-servers";
import { serve } from "./helpers/servers";
import { Story } from "./helpers/stories";

describe.each(KINDS)("%s", (kind) => {
  test("the context is made once, before the first byte, and each request finds it", async () => {
    const made: { socket: Socket; bytesRead: number; state: string }[] = [];
    const context = (socket: Socket, { state }: Connection<undefined>) => {
      made.push({ socket, bytesRead: socket.bytesRead, state });
      return { requests: [] as string[] };
    };
    const server = makeServer(kind, (req: IncomingMessage, res) => {
      tracker.getConnection(req).context.requests.push(req.url ?? "");
      res.end("ok");
    }) as Server;
    const tracker = trackConnections(server, { context });
    onTestFinished(() => tracker.close());
    await open(server, kind);
    const clients = [await connect(server, kind), await connect(server, kind)];
    for (const [index, client] of clients.entries()) {
      await client.get(`/${index}/a`);
      await client.get(`/${index}/b`);
    }
    const connections = [...tracker];
    expect(connections.map(({ context: { requests } }) => requests)).toEqual([
      ["/0/a", "/0/b"],
      ["/1/a", "/1/b"],
    ]);
    expect(made).toEqual(connections.map(({ socket }) => ({ socket, bytesRead: 0, state: "new" })));
  });

  describe("a context function that throws", () => {
    const failing = (isBad: () => boolean, error: unknown) => ({
      context: (): string => {
        if (isBad()) throw error;
        return "good";
      },
    });

    test("closes only that connection, before its first request", async () => {
      let isBad = false;
      const error = new Error("no context");
      const handled: unknown[] = [];
      const { server, tracker } = await serve(
        kind,
        (req, res) => {
          handled.push(getConnection(req).context);
          res.end("ok");
        },
        {},
        failing(() => isBad, error),
      );
      const good = await connect(server, kind);
      const emitted: string[] = [];
      for (const event of ["state", "new", "closed"] as const) tracker.on(event, () => emitted.push(event));
      isBad = true;
      const failed = once(tracker, "contextError");
      const wire = await dial(server);
      if (!isTls(kind)) wire.write(request("/"));
      wire.resume();
      const [thrown, connection] = (await failed) as [Error, Connection];
      expect(thrown).toBe(error);
      expect(tracker.size).toBe(1);
      expect(emitted).toEqual([]);
      expect(connection).toMatchObject({
        closeReason: "context-error",
        closeError: error,
        context: undefined,
        state: "closed",
        requests: { served: 0, inFlight: 0 },
      });
      expect(connection.finalTcpInfo?.state).toBe(kind === "unix" ? undefined : "ESTABLISHED");
      isBad = false;
      await good.get();
      await (await connect(server, kind)).get();
      expect(handled).toEqual(["good", "good"]);
    });

    test("causes a process warning if there is no listener", async () => {
      const { server } = await serve(
        kind,
        undefined,
        {},
        failing(() => true, new Error("no context")),
      );
      const warned = once(process, "warning");
      await dial(server);
      const [warning] = (await warned) as [Error];
      expect(warning).toMatchObject({
        name: "SocketInfoWarning",
        message: expect.stringContaining("no context") as string,
      });
    });
  });
});

test("a thrown value that is no Error", async () => {
  const { server, tracker } = await serve(
    "http",
    undefined,
    {},
    {
      context: () => {
        throw "nothing"; // oxlint-disable-line typescript/only-throw-error
      },
    },
  );
  const failed = once(tracker, "contextError");
  await dial(server);
  const [thrown, connection] = (await failed) as [string, Connection];
  expect(thrown).toBe("nothing");
  expect(connection).toMatchObject({ closeReason: "context-error" });
});

test("without a context function the context is undefined", async () => {
  const { server, tracker } = await serve("http");
  const story = new Story(tracker);
  const client = await connect(server, "http");
  story.wire = client.wire;
  client.end();
  const ended = await story.expect({ reason: "client-end", tcp: ["CLOSED", "LAST_ACK"], states: "new closed" });
  expect(ended.context).toBeUndefined();
});
