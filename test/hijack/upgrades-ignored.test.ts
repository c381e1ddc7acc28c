// Requests for an Upgrade of which no listener hears. Node gives them to handlers, and drops what came behind them in one segment.
import http, { type RequestListener } from "node:http";
import { SocketInfoError } from "sockinfo";
import { enableHijack, type EnableHijackOptions, hijack } from "sockinfo/hijack";
import { expect, test } from "vitest";
import { dial, Http1Client, request } from "../connections/helpers/clients";
import { listen, until } from "../helpers/servers";

const UPGRADE = ["Connection: Upgrade", "Upgrade: nothing"];

async function connect(
  handler: RequestListener,
  options?: EnableHijackOptions,
  prepare?: (server: http.Server) => void,
): Promise<Http1Client> {
  const server = http.createServer(handler);
  enableHijack(server, options);
  prepare?.(server);
  await listen(server);
  const wire = await dial(server);
  return new Http1Client(wire, wire);
}

/** Sends back what `hijack()` gives after an await, or why it does not. */
const takeLate: RequestListener = async (req, res) => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  try {
    const { socket, head } = await hijack(req, res);
    socket.end(`head: ${head.toString()};`);
  } catch (error) {
    res.end((error as SocketInfoError).code);
  }
};

test("a late hijack() has all that came behind the headers", async () => {
  const client = await connect(takeLate);
  client.wire.write(`${request("/", ...UPGRADE)}eager`);
  await client.receive("head: eager;");
});

test("with a body it is refused, unless it was to be held", async () => {
  const client = await connect(takeLate);
  client.wire.write(`${request("/", ...UPGRADE, "Content-Length: 4")}bodyeager`);
  await client.receive("ERR_SOCKINFO_BYTES_PARSED");
  const held = await connect(takeLate, { hold: () => true });
  held.wire.write(`${request("/", ...UPGRADE, "Content-Length: 4")}bodyeager`);
  await held.receive("head: bodyeager;");
});

test("requests are counted as ever where their number is limited", async () => {
  const client = await connect(
    async (_, res) => {
      await Promise.resolve();
      res.end("answer");
    },
    undefined,
    (server) => (server.maxRequestsPerSocket = 2),
  );
  client.wire.write(request("/1", ...UPGRADE));
  await client.receive("answer");
  client.wire.write(request("/2", ...UPGRADE));
  await client.receive("Connection: close");
});

test("what follows one that is answered after all is served", async () => {
  const urls: unknown[] = [];
  const client = await connect(async (req, res) => {
    urls.push(req.url);
    await Promise.resolve();
    res.end(`answer to ${req.url}`);
  });
  client.wire.write(request("/1", ...UPGRADE) + request("/2"));
  await client.receive("answer to /2");
  expect(client.received).toContain("answer to /1");
  expect(urls).toEqual(["/1", "/2"]);
});

test("behind an earlier response, where it can't be held, it is refused", async () => {
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
