// A web-standard Request has no socket. The message names getCurrentSocket(), which returns it.
import { once } from "node:events";
import http from "node:http";
import { Hono } from "hono";
import {
  getFd,
  getPeerCredentials,
  getPeerIdentity,
  getSocket,
  getTcpInfo,
  getTcpInfoBatch,
  getTcpInfoBytes,
  openPeerProcess,
  type SocketSource,
  tryGetTcpInfo,
} from "sockinfo";
import { getCurrentSocket, enableCurrentSocket, getConnection, measureRequest } from "sockinfo/connections";
import { expect, onTestFinished, test } from "vitest";
import { listen } from "../helpers/servers";

const NAMED =
  /^The source leads to no operating-system socket: a web Request .+ getCurrentSocket\(\) of sockinfo\/connections/;

const request = new Request("http://127.0.0.1/");

const CALLS: Record<string, (source: never) => unknown> = {
  getSocket,
  getFd,
  getTcpInfo,
  getTcpInfoBytes,
  getPeerCredentials,
  getPeerIdentity,
  openPeerProcess,
  getConnection,
  measureRequest,
  getTcpInfoBatch: (source) => {
    throw getTcpInfoBatch([source]).getError(0);
  },
};

test.each(Object.entries(CALLS))("%s", async (_name, ask) => {
  const sources = [
    request,
    request.clone(),
    { request },
    { req: request },
    { req: { raw: request }, env: {} },
    { raw: request },
  ];
  for (const source of sources) {
    const outcome = async () => ask(source as never);
    await expect(outcome()).rejects.toMatchObject({
      code: "ERR_SOCKINFO_NO_SOCKET",
      message: expect.stringMatching(NAMED),
    });
  }
});

test("Hono's context without a server of Node", async () => {
  const app = new Hono().get("/", (c) => {
    expect(() => getTcpInfo(c)).toThrow(NAMED);
    return c.text("seen");
  });
  expect(await (await app.request("/")).text()).toBe("seen");
});

test("other objects without a socket have the general message", () => {
  const others = [{}, { url: "/", method: "GET", headers: {} }, new Response(), new URL("http://a/")];
  for (const other of others) expect(() => getTcpInfo(other as never)).toThrow(/docs\/sources\.md/);
  expect(tryGetTcpInfo(request as unknown as SocketSource)).toBeUndefined();
});

test.each([
  ["a server", http.createServer()],
  ["an application", { listen() {} }],
])("%s has many sockets: the message says what to pass", (_name, source) => {
  expect(() => getTcpInfo(source as never)).toThrow(
    /Pass the request of a handler, or getFd\(server\) for its listening socket$/,
  );
});

test("in a handler getCurrentSocket() returns the request's socket", async () => {
  const currentSocket = enableCurrentSocket();
  onTestFinished(() => currentSocket.close());
  const server = await listen(
    http.createServer((req, res) => {
      const isThat = getCurrentSocket() === req.socket;
      res.end(String(isThat));
    }),
  );
  const { port } = server.address() as { port: number };
  const [response] = (await once(http.get({ port, host: "127.0.0.1", agent: false }), "response")) as [
    http.IncomingMessage,
  ];
  expect(String(await response.toArray().then((chunks) => Buffer.concat(chunks as Buffer[])))).toBe("true");
});
