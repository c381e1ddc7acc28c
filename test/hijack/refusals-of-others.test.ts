// hijack() refuses what is not HTTP/1 of Node: HTTP/2, injected requests, other values, and other runtimes.
import type { Server } from "node:http";
import { inject } from "light-my-request";
import { enableHijack, hijack } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { connectHttp2 } from "../helpers/http-clients";
import { makeServer, open } from "../helpers/http-servers";
import { runNode } from "../helpers/child";
import { root } from "../helpers/docs";
import { refusalOf } from "./helpers/hijacked";

const anything = hijack as (...parameters: unknown[]) => Promise<unknown>;

describe.each(["h2", "h2c"] as const)("%s", (kind) => {
  test.each(["early", "late"])("%s, and the request is answered", async (when) => {
    const codes: string[] = [];
    const server = makeServer(kind, async (req, res) => {
      if (when === "late") await new Promise(setImmediate);
      codes.push(await refusalOf(hijack(req, res)));
      res.end("ok");
    }) as Server;
    if (kind === "h2") enableHijack(server);
    const client = await connectHttp2(await open(server, kind), kind);
    for (let requests = 0; requests < 3; requests++) {
      const stream = client.session.request({ ":path": "/" }).setEncoding("latin1");
      let text = "";
      for await (const data of stream) text += data as string;
      expect(text).toBe("ok");
    }
    expect(codes).toEqual(Array(3).fill("ERR_SOCKINFO_NOT_HIJACKABLE"));
  });
});

test("enableHijack() of an HTTP/2 server without TLS", () => {
  const server = makeServer("h2c") as Server;
  const listeners = server.listenerCount("connection");
  expect(() => enableHijack(server)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_HIJACKABLE" }));
  expect(server.listenerCount("connection")).toBe(listeners);
});

test("a request that light-my-request injects", async () => {
  let code = "";
  const answer = async (...[req, res]: Parameters<Parameters<typeof inject>[0]>): Promise<void> => {
    code = await refusalOf(anything(req, res));
    res.end("ok");
  };
  const response = await inject((req, res) => void answer(req, res), "/");
  expect(code).toBe("ERR_SOCKINFO_NO_SOCKET");
  expect(response.payload).toBe("ok");
});

const hostile = new Proxy(
  {},
  {
    get() {
      throw new Error("get");
    },
    getPrototypeOf() {
      throw new Error("getPrototypeOf");
    },
    has() {
      throw new Error("has");
    },
  },
);
const throwing = {
  get socket() {
    throw new Error("socket");
  },
  get httpVersionMajor() {
    throw new Error("httpVersionMajor");
  },
};

test.each([
  ["null", null],
  ["undefined", undefined],
  ["a number", 1],
  ["a string", "GET /"],
  ["an object", {}],
  ["an object whose socket is not a socket", { socket: { parser: {}, _httpMessage: {} } }],
  ["a web Request", new Request("http://localhost/")],
  ["getters that throw", throwing],
  ["a Proxy that throws", hostile],
  ["a revoked Proxy", revoked()],
])("%s is refused, as request and as response", async (_, thing) => {
  for (const parameters of [[thing, thing], [thing, {}], [{}, thing], [thing]]) {
    expect(await refusalOf(anything(...parameters))).toMatch(/^ERR_SOCKINFO_(INVALID_ARGUMENT|NO_SOCKET)$/);
  }
});

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

test.each([
  ["bun", "Bun"],
  ["deno", "Deno"],
])("%s: both functions say so, and the server gets no listener", (property, name) => {
  const { stdout, stderr } = runNode(`
    const { enableHijack, hijack } = require(${JSON.stringify(`${root}/dist/hijack/index.js`)});
    Object.defineProperty(process.versions, ${JSON.stringify(property)}, { value: "1.4.5" });
    const server = require("node:http").createServer(async (req, res) => {
      const error = await hijack(req, res).catch((error) => error);
      res.end(error.code);
    });
    const before = server.eventNames().map((event) => [event, server.listenerCount(event)]).join();
    try { enableHijack(server) } catch ({ code, message }) { console.log(code, message) }
    console.log(before === server.eventNames().map((event) => [event, server.listenerCount(event)]).join());
    server.listen(0, "127.0.0.1", async () => {
      console.log(await (await fetch("http://127.0.0.1:" + server.address().port)).text());
      server.close().closeAllConnections();
    });
  `);
  expect(stderr).toBe("");
  const [refusal, isSame, code] = stdout.split("\n");
  expect(refusal).toMatch(new RegExp(`^ERR_SOCKINFO_UNSUPPORTED_RUNTIME .*${name}`));
  expect([isSame, code]).toEqual(["true", "ERR_SOCKINFO_UNSUPPORTED_RUNTIME"]);
});
