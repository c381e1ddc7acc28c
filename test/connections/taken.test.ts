// Connections that a handler takes by hijack(): they become hijacked, "closed" is emitted, and release() makes them
// idle.
import type { IncomingMessage, ServerResponse } from "node:http";
import { getConnection, measureRequest } from "sockinfo/connections";
import { enableHijack, hijack, release } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import type { Http1Client } from "../helpers/http-clients";
import { HTTP1 } from "../helpers/http-servers";
import { begin, beginIdle } from "./helpers/stories";

const CLIENT_END = { reason: "client-end", tcp: ["CLOSED", "LAST_ACK"] } as const;

/** Takes the connection of "/take" and echoes bytes until a line says "release". Answers all other requests. */
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
  test("becomes hijacked, and closes as usual", async () => {
    const { client, story, connection } = await start(kind);
    (client as Http1Client).send("/take");
    await (client as Http1Client).receive("taken");
    expect(connection).toMatchObject({ state: "hijacked", requests: { inFlight: 0, served: 0 } });
    (client as Http1Client).stream.write("hello");
    await (client as Http1Client).receive("hello");
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active hijacked" });
  });

  test("becomes hijacked by its second request", async () => {
    const { client, story } = await start(kind, beginIdle);
    (client as Http1Client).send("/take");
    await (client as Http1Client).receive("taken");
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle active hijacked", served: 1 });
  });

  test("becomes idle by release(), and serves again", async () => {
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

test("a hijacked socket and its request lead to the connection, and a measurement ends", async () => {
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
  // The measurement ends with its request, and not with the connection.
  await expect(measured[0]).resolves.toMatchObject({ aborted: true, shared: false, end: { state: "ESTABLISHED" } });
});

test("a detached tracker does not learn of hijack()", async () => {
  const { client, connection, tracker, server } = await start("http");
  tracker.detach(server);
  (client as Http1Client).send("/take");
  await (client as Http1Client).receive("taken");
  expect(connection.state).toBe("new");
});
