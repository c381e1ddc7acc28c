// Connections that an 'upgrade' or 'connect' event hands over: they stay hijacked, and "closed" is emitted for them
// too.
import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { trackConnections, getConnection } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { portOf } from "../helpers/servers";
import { connectHttp1, type Http1Client } from "../helpers/http-clients";
import { HTTP1, makeServer, nodeMajor, open } from "../helpers/http-servers";
import { serve } from "./helpers/servers";
import { begin, beginIdle, Story } from "./helpers/stories";

const CLIENT_END = { reason: "client-end", tcp: ["CLOSED", "LAST_ACK"] } as const;
const UPGRADE = ["Connection: Upgrade", "Upgrade: echo"];

/** Answers 101 and echoes all further bytes. */
function echo(_: IncomingMessage, stream: Duplex, head: Buffer): void {
  stream.on("error", () => {});
  stream.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  stream.write(head);
  stream.pipe(stream);
}

async function converse(client: Http1Client): Promise<void> {
  client.send("/", ...UPGRADE);
  await client.receive("101 Switching Protocols");
  client.stream.write("hello");
  await client.receive("hello");
}

// http2 servers have no 'upgrade'.
describe.each(HTTP1.filter((kind) => kind !== "h2-http1"))("%s", (kind) => {
  test("'upgrade'", async () => {
    const { client, story, connection } = await begin(kind, undefined, {}, (server) => server.on("upgrade", echo));
    await converse(client as Http1Client);
    expect(connection.state).toBe("hijacked");
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active hijacked" });
  });

  test("'connect'", async () => {
    const { client, story } = await begin(kind, undefined, {}, (server) => server.on("connect", echo));
    (client as Http1Client).stream.write("CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\nhello");
    await (client as Http1Client).receive("hello");
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active hijacked" });
  });

  test("after requests on the same connection", async () => {
    const { client, story } = await beginIdle(kind, undefined, {}, (server) => server.on("upgrade", echo));
    await converse(client as Http1Client);
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle active hijacked", served: 1 });
  });

  test("then reset by the client", async () => {
    const { client, story } = await begin(kind, undefined, {}, (server) => server.on("upgrade", echo));
    await converse(client as Http1Client);
    if (kind === "unix") client.wire.destroy();
    else client.wire.resetAndDestroy();
    const reason = kind === "unix" ? "client-end" : "client-reset";
    const code = kind === "unix" ? undefined : "ECONNRESET";
    await story.expect({
      reason,
      ...(code && { code }),
      tcp: ["CLOSED"],
      states: "new active hijacked",
      isAllRead: false,
    });
  });

  test("destroyed in the listener", async () => {
    const { client, story } = await begin(kind, undefined, {}, (server) =>
      server.on("upgrade", (_, stream) => stream.destroy()),
    );
    (client as Http1Client).send("/", ...UPGRADE);
    await story.expect({ reason: "server-destroy", tcp: ["ESTABLISHED"], states: "new active hijacked" });
  });

  test("an upgrade request without a listener is a normal request", async () => {
    const { client, story, tracker } = await begin(kind);
    const idle = once(tracker, "idle");
    (client as Http1Client).send("/", ...UPGRADE);
    await (client as Http1Client).receive("\r\n\r\nok");
    await idle;
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle closed", served: 1 });
  });

  test("CONNECT without a listener: Node closes the connection", async () => {
    const { client, story } = await begin(kind);
    (client as Http1Client).stream.write("CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await story.expect({ reason: "server-destroy", tcp: ["ESTABLISHED"], states: "new closed" });
  });

  describe("a listener of 'upgrade'", () => {
    const add: Record<string, (server: Server) => void> = {
      "by once()": (server) => server.once("upgrade", echo),
      "added by prependListener()": (server) => server.prependListener("upgrade", echo),
      "added twice and removed once": (server) =>
        server
          .on("upgrade", () => {})
          .on("upgrade", echo)
          .off("upgrade", echo)
          .on("upgrade", echo),
    };
    test.each(Object.keys(add))("%s", async (how) => {
      const { client, story } = await begin(kind, undefined, {}, add[how]);
      await converse(client as Http1Client);
      client.end();
      await story.expect({ ...CLIENT_END, states: "new active hijacked" });
    });

    test("added before the tracker", async () => {
      const server = makeServer(kind) as Server;
      server.on("upgrade", echo);
      const tracker = trackConnections(server);
      const story = new Story(tracker);
      await open(server, kind);
      const client = await connectHttp1(server, kind);
      story.wire = client.wire;
      await converse(client);
      client.end();
      await story.expect({ ...CLIENT_END, states: "new active hijacked" });
      tracker.close();
      expect(server.listeners("upgrade")).toEqual([echo]);
    });

    test("removed again: Node answers as if there had been none", async () => {
      const { client, story, server, tracker } = await begin(kind);
      server.on("upgrade", echo).off("upgrade", echo);
      expect(server.listenerCount("upgrade")).toBe(0);
      const idle = once(tracker, "idle");
      (client as Http1Client).send("/", ...UPGRADE);
      await idle;
      client.end();
      await story.expect({ ...CLIENT_END, states: "new active idle closed", served: 1 });
    });

    test("added by once(): no listener is left afterwards", async () => {
      const { client, server } = await begin(kind, undefined, {}, (it) => it.once("upgrade", echo));
      await converse(client as Http1Client);
      expect(server.listenerCount("upgrade")).toBe(0);
    });
  });

  // Node 26 hands over another stream while the body of the request is still to come.
  test("'upgrade' with a body", async () => {
    const handedOver: Duplex[] = [];
    const { client, story, connection } = await begin(kind, undefined, {}, (server) =>
      server.on("upgrade", (req: IncomingMessage, stream: Duplex, head: Buffer) => {
        expect(getConnection(req)).toBe(getConnection(stream as never));
        handedOver.push(stream);
        echo(req, stream, head);
      }),
    );
    (client as Http1Client).send("/", ...UPGRADE, "Content-Length: 2");
    await (client as Http1Client).receive("101 Switching Protocols");
    expect(handedOver[0] === (connection.tlsSocket ?? connection.socket)).toBe(nodeMajor < 26);
    expect(connection.state).toBe("hijacked");
    client.wire.destroy();
    await story.expect({ ...CLIENT_END, states: "new active hijacked", isAllRead: false });
  });
});

describe("ws", () => {
  test("on a server that also answers requests", async () => {
    const { server, tracker } = await serve("http");
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket) => {
      expect(getConnection(socket)).toMatchObject({ state: "hijacked" });
      socket.on("message", (message) => socket.send(message));
    });
    onTestFinished(() => sockets.close());
    const story = new Story(tracker);
    const client = new WebSocket(`ws://127.0.0.1:${portOf(server)}`);
    await once(client, "open");
    client.send("hello");
    await once(client, "message");
    const [connection] = tracker;
    client.close();
    await once(tracker, "closed");
    expect(story.states).toBe("new active hijacked");
    expect(connection).toMatchObject({ state: "hijacked", closeReason: expect.stringMatching(/-end$/) as string });
    expect(connection?.finalTcpInfo).toBeDefined();
  });
});
