// One side ends its half while the other still sends.
import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:net";
import { trackConnections } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { until } from "../helpers/servers";
import { dial, type Http1Client } from "../helpers/http-clients";
import { HTTP1, isTls, open } from "../helpers/http-servers";
import { begin, Story } from "./helpers/stories";

const BOTH_FINS = ["CLOSED", "LAST_ACK", "CLOSING"] as const;

// Node's TLS sockets always close both halves.
describe.each(HTTP1.filter((kind) => !isTls(kind)))("%s", (kind) => {
  test("the client ends first, with httpAllowHalfOpen: the server still answers", async () => {
    let answer = (): void => {};
    const allow = (server: Server) => Object.assign(server, { httpAllowHalfOpen: true });
    const { client, story, connection, tracker } = await begin(
      kind,
      (_, res) => (answer = () => res.end("ok")),
      {},
      allow,
    );
    const active = once(tracker, "active");
    (client as Http1Client).stream.allowHalfOpen = true;
    client.send("/");
    await active;
    client.end();
    await once(connection.socket, "end");
    expect(connection.state).toBe("active");
    answer();
    const served = { states: "new active closed", served: 1 };
    await story.expect({ reason: "client-end", tcp: BOTH_FINS, ...served });
  });
});

describe("net.Server, allowHalfOpen", () => {
  test("the client ends first: this side writes on, and ends last", async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.resume().on("end", () => socket.end("x".repeat(1000)));
    });
    const story = new Story(trackConnections(server));
    await open(server);
    story.wire = await dial(server);
    story.wire.allowHalfOpen = true;
    story.wire.resume().end("hello");
    await story.expect({ reason: "client-end", tcp: BOTH_FINS, states: "new closed" });
    expect(story.wire.bytesRead).toBe(1000);
  });

  test("this side ends first: the client writes on, and ends last", async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.resume().end("hello"));
    const tracker = trackConnections(server);
    const story = new Story(tracker);
    await open(server);
    story.wire = await dial(server);
    story.wire.allowHalfOpen = true;
    await once(story.wire.resume(), "end");
    const [connection] = tracker;
    await until(() => connection?.getTcpInfo().state === "FIN_WAIT_2");
    story.wire.write("x".repeat(1000));
    await until(() => connection?.socket.bytesRead === 1000);
    story.wire.end();
    await story.expect({ reason: "server-end", tcp: ["CLOSED"], states: "new closed" });
  });
});
