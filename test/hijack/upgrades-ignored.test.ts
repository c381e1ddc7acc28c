// Upgrade requests on servers without a listener. Node passes them to handlers, and drops the bytes that come with
// them.
import http, { type RequestListener } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { SocketInfoError } from "sockinfo";
import { enableHijack, hijack } from "sockinfo/hijack";
import { test } from "vitest";
import { dial, Http1Client, request } from "../helpers/http-clients";
import { listen, until } from "../helpers/servers";

const UPGRADE = ["Connection: Upgrade", "Upgrade: nothing"];

async function connect(handler: RequestListener, prepare?: (server: http.Server) => void): Promise<Http1Client> {
  const server = http.createServer(handler);
  enableHijack(server);
  prepare?.(server);
  await listen(server);
  const wire = await dial(server);
  return new Http1Client(wire, wire);
}

/** Sends back the head of a late hijack(), or the code of its refusal. */
const takeLate: RequestListener = async (req, res) => {
  await sleep(5);
  try {
    const { socket, head } = await hijack(req, res);
    socket.end(`head: ${head.toString()};`);
  } catch (error) {
    res.end((error as SocketInfoError).code);
  }
};

test.each([
  ["alone", request("/", ...UPGRADE)],
  ["with bytes after it", `${request("/", ...UPGRADE)}eager`],
  ["with a body", `${request("/", ...UPGRADE, "Content-Length: 4")}body`],
])("%s, a late hijack() is refused", async (_, sent) => {
  const client = await connect(takeLate);
  client.wire.write(sent);
  await client.receive("ERR_SOCKINFO_BYTES_PARSED");
});

test.each([
  ["with bytes after it", `${request("/", ...UPGRADE)}eager`, "eager"],
  ["with a body", `${request("/", ...UPGRADE, "Content-Length: 4")}bodyeager`, "bodyeager"],
])("%s, an early hijack() gets all bytes", async (_, sent, head) => {
  const client = await connect((req, res) => {
    void hijack(req, res).then((hijacked) => hijacked.socket.end(`head: ${hijacked.head.toString()};`));
  });
  client.wire.write(sent);
  await client.receive(`head: ${head};`);
});

test("maxRequestsPerSocket still counts these requests", async () => {
  const client = await connect(
    async (_, res) => {
      await Promise.resolve();
      res.end("answer");
    },
    (server) => (server.maxRequestsPerSocket = 2),
  );
  client.wire.write(request("/1", ...UPGRADE));
  await client.receive("answer");
  client.wire.write(request("/2", ...UPGRADE));
  await client.receive("Connection: close");
});

test("after an earlier response, a late hijack() is refused", async () => {
  const client = await connect(async (req, res) => {
    if (req.url === "/first") {
      setTimeout(() => res.end("first"), 20);
    } else {
      await until(() => res.socket !== null);
      takeLate(req, res);
    }
  });
  client.wire.write(`${request("/first")}${request("/", ...UPGRADE)}eager`);
  await client.receive("ERR_SOCKINFO_BYTES_PARSED");
});
