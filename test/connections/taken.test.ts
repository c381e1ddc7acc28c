// Connections that a handler takes by hijack(): hijacked, with their context and final TCP_INFO, and idle after release().
import type { IncomingMessage, ServerResponse } from "node:http";
import { getConnection, measureRequest } from "sockinfo/connections";
import { enableHijack, hijack, release } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import type { Http1Client } from "../helpers/http-clients";
import { HTTP1 } from "../helpers/http-servers";
import { begin, beginIdle } from "./helpers/stories";

const CLIENT_END = { reason: "client-end", tcp: ["CLOSED", "LAST_ACK"] } as const;

/** Takes the connection of "/take", sends back what comes until a line says "release"; answers everything else. */
async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url !== "/take") return void response.end("ok");
  const { socket, head } = await hijack(request, response);
  socket.on("error", () => {});
  socket.once("end", () => socket.end());
  socket.write("taken\n");
  socket.write(head);
  socket.on("data", function onData(data: Buffer) {
    if (data.toString() === "release\n") {
      socket.off("data", onData);
      release(socket, Buffer.alloc(0));
      socket.write("released\n");
    } else socket.write(data);
  });
}

function start(kind: (typeof HTTP1)[number], from: typeof begin | typeof beginIdle = begin) {
  return from(
    kind,
    (request, response) => void handle(request, response),
    {},
    (server) => enableHijack(server),
  );
}

describe.each(HTTP1)("%s", (kind) => {
  test("goes to hijacked, and is heard of when it closes", async () => {
    const { client, story, connection } = await start(kind);
    (client as Http1Client).send("/take");
    await (client as Http1Client).receive("taken");
    expect(connection).toMatchObject({ state: "hijacked", requests: { inFlight: 0, served: 0 } });
    (client as Http1Client).stream.write("hello");
    await (client as Http1Client).receive("hello");
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active hijacked" });
  });

  test("a second request on the same connection", async () => {
    const { client, story } = await start(kind, beginIdle);
    (client as Http1Client).send("/take");
    await (client as Http1Client).receive("taken");
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle active hijacked", served: 1 });
  });

  test("released, it is idle, and serves on", async () => {
    const { client, story, connection } = await start(kind);
    (client as Http1Client).send("/take");
    await (client as Http1Client).receive("taken");
    (client as Http1Client).stream.write("release\n");
    await (client as Http1Client).receive("released");
    expect(connection.state).toBe("idle");
    (client as Http1Client).send("/");
    await (client as Http1Client).receive("ok");
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active hijacked idle active idle closed", served: 1 });
  });
});

test("its context, its measurement, and the way to it", async () => {
  const measured: Promise<unknown>[] = [];
  const takeAndLeave = async (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = await hijack(request, response);
    expect(getConnection(socket)).toBe(connection);
    expect(getConnection(request)).toBe(connection);
    socket.end("bye");
  };
  const { client, connection } = await begin(
    "http",
    (request, response) => {
      measured.push(measureRequest(request));
      void takeAndLeave(request, response);
    },
    {},
    (server) => enableHijack(server),
  );
  (client as Http1Client).send("/");
  await (client as Http1Client).receive("bye");
  // It ends with the request that it was of, and not with the connection.
  await expect(measured[0]).resolves.toMatchObject({ aborted: true, shared: false, end: { state: "ESTABLISHED" } });
});

test("a detached tracker is not told", async () => {
  const { client, connection, tracker, server } = await start("http");
  tracker.detach(server);
  (client as Http1Client).send("/take");
  await (client as Http1Client).receive("taken");
  expect(connection.state).toBe("new");
});
