// hijack() checks what happens between a late call and the immediate in which it takes effect, and what happened
// before.
import { once } from "node:events";
import { createServer, type Server, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { enableHijack, hijack } from "sockinfo/hijack";
import { expect, onTestFinished, test } from "vitest";
import { listen, portOf } from "../helpers/servers";
import { refusalOf } from "./helpers/hijacked";
import { pauses } from "./helpers/pauses";

const GET = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

async function visit(server: Server, bytes: string): Promise<string> {
  await listen(server);
  const client = connect(portOf(server));
  onTestFinished(() => void client.destroy());
  client.on("error", () => {}).write(bytes);
  const [data] = (await once(client, "data")) as [Buffer];
  return data.toString();
}

test.each(["close", "closeIdleConnections"] as const)(
  "%s() does not affect a request that is being handled",
  async (method) => {
    const server = createServer(async (request, response) => {
      await pauses.immediate();
      const taking = hijack(request, response);
      server[method]();
      const { socket } = await taking;
      socket.end("mine");
    });
    enableHijack(server);
    expect(await visit(server, GET)).toBe("mine");
  },
);

test.each(["\u0001garbage\r\n\r\n", "GET / HTTP/1.1\r\nB ad: x\r\n\r\n"])(
  "after a parse error that 'clientError' only notes: refused once, and the response works (%j)",
  async (garbage) => {
    const errors: unknown[] = [];
    const server = createServer(async (request, response) => {
      await pauses.immediate();
      response.end(await refusalOf(hijack(request, response)));
    }).on("clientError", (error) => errors.push(error));
    enableHijack(server);
    expect(await visit(server, GET + garbage)).toMatch(/\r\n\r\nERR_SOCKINFO_BYTES_PARSED$/);
    expect(errors).toHaveLength(1);
  },
);

test.each(["early", "late"])("%s: a hijacked socket that another server gets belongs to that server", async (when) => {
  const upgrades: unknown[] = [];
  const other = createServer(async (request, response) => {
    if (when === "late") await pauses.immediate();
    response.end(await refusalOf(hijack(request, response)));
  }).on("upgrade", (request) => upgrades.push(request));
  const server = createServer(async (request, response) => {
    const { socket, head } = await hijack(request, response);
    socket.unshift(head);
    other.emit("connection", socket);
  });
  enableHijack(server);
  expect(await visit(server, GET + GET)).toMatch(/\r\n\r\nERR_SOCKINFO_NOT_ENABLED$/);
  expect(upgrades).toEqual([]);
});

test("in a listener for 'upgrade', the connection is already taken", async () => {
  const server = createServer().on("upgrade", (request, socket: Socket) => {
    void refusalOf(hijack(request, new ServerResponse(request))).then((code) => socket.end(code));
  });
  enableHijack(server);
  expect(await visit(server, GET.replace("\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))).toBe(
    "ERR_SOCKINFO_HIJACKED",
  );
});
