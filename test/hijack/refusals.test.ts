// Requests that hijack() refuses, and the codes. A refusal changes nothing: the handler can still answer.
import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { enableHijack, hijack } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { connectHttp1, request } from "../helpers/http-clients";
import { HTTP1, makeServer, open, nextRequest } from "../helpers/http-servers";
import { until } from "../helpers/servers";
import { converse, countListeners, refusalOf, takeNext } from "./helpers/hijacked";
import { WHEN, type When, pauses } from "./helpers/pauses";
import { serve } from "./helpers/servers";

type Step = (req: IncomingMessage, res: ServerResponse) => void;

/** The steps of a handler before hijack(), and those that complete the answer "ok" afterwards. */
const begun: Record<string, readonly [before: Step, after: Step]> = {
  "writeHead()": [(_, res) => res.writeHead(200, { "Content-Length": 2 }), (_, res) => res.end("ok")],
  "flushHeaders()": [
    (_, res) => {
      res.setHeader("Content-Length", 2);
      res.flushHeaders();
    },
    (_, res) => res.end("ok"),
  ],
  "write()": [
    (_, res) => {
      res.setHeader("Content-Length", 2);
      res.write("o");
    },
    (_, res) => res.end("k"),
  ],
  "end()": [(_, res) => res.end("ok"), () => {}],
  "end() under way": [
    (_, res) => {
      res.cork();
      res.end("ok");
    },
    () => {},
  ],
};

/** Collects the codes that the handler of "/asks" gets. Other requests are answered. */
async function serveAsking(kind: (typeof HTTP1)[number], when: When, steps: readonly [Step, Step], isEnabled = true) {
  const codes: string[] = [];
  const states: unknown[] = [];
  const handler = (req: IncomingMessage, res: ServerResponse): void => {
    states.push([countListeners(req.socket), Object.getOwnPropertyNames(req.socket).toSorted()]);
    if (req.url === "/asks") void ask(req, res);
    else res.end("ok");
  };
  async function ask(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (when === "late") await pauses.immediate();
    steps[0](req, res);
    codes.push(await refusalOf(hijack(req, res)));
    steps[1](req, res);
  }
  const server = isEnabled ? await serve(kind, handler) : await open(makeServer(kind, handler), kind);
  return { server, codes, states, client: await connectHttp1(server, kind) };
}

describe.each(HTTP1)("%s", (kind) => {
  describe.each(WHEN)("%s", (when) => {
    test.each(Object.entries(begun))("the response has begun: %s", async (_, steps) => {
      const { server, codes, states, client } = await serveAsking(kind, when, steps);
      const properties = Object.getOwnPropertyNames(server);
      for (const path of ["/", "/asks", "/", "/asks", "/"]) await client.get(path);
      expect(codes).toEqual(["ERR_SOCKINFO_RESPONSE_BEGUN", "ERR_SOCKINFO_RESPONSE_BEGUN"]);
      // No hijack() was called before the second request. Two were refused before the last one.
      expect(states.at(-1)).toEqual(states[1]);
      expect(Object.getOwnPropertyNames(server)).toEqual(properties);
    });

    test("the server is not enabled", async () => {
      const { codes, client } = await serveAsking(kind, when, [() => {}, (_, res) => res.end("ok")], false);
      for (const path of ["/asks", "/", "/asks"]) await client.get(path);
      expect(codes).toEqual(["ERR_SOCKINFO_NOT_ENABLED", "ERR_SOCKINFO_NOT_ENABLED"]);
    });

    test("an earlier response is pending: refused until it has finished", async () => {
      const exchanges: [IncomingMessage, ServerResponse][] = [];
      const codes: Promise<string>[] = [];
      const server = await serve(kind, (req, res) => {
        exchanges.push([req, res]);
        if (when === "early" && req.url === "/second") codes.push(refusalOf(hijack(req, res)));
      });
      const client = await connectHttp1(server, kind);
      client.stream.write(request("/first") + request("/second"));
      await until(() => exchanges.length === 2);
      const [first, second] = exchanges as [(typeof exchanges)[0], (typeof exchanges)[0]];
      if (when === "late") codes.push(refusalOf(hijack(...second)));
      expect(await Promise.all(codes)).toEqual(["ERR_SOCKINFO_RESPONSE_PENDING"]);
      // Another request has come after the first. Each further call is refused in the same way.
      for (let asked = 0; asked < 2; asked++) {
        expect(await refusalOf(hijack(...first))).toBe("ERR_SOCKINFO_BYTES_PARSED");
      }
      first[1].end("one");
      await client.receive("\r\n\r\none");
      const { socket, head } = await hijack(...second);
      expect(head.length).toBe(0);
      await converse(socket, client);
    });

    test("a second call", async () => {
      const codes: Promise<string>[] = [];
      const taken = new Promise<Awaited<ReturnType<typeof hijack>>>((resolve) => {
        void serve(kind, async (req, res) => {
          if (when === "late") await pauses.immediate();
          const hijacking = hijack(req, res);
          codes.push(refusalOf(hijack(req, res)));
          resolve(await hijacking);
          codes.push(refusalOf(hijack(req, res)));
        }).then((server) => connectHttp1(server, kind).then((client) => client.send("/")));
      });
      const { socket } = await taken;
      await until(() => codes.length === 2);
      expect(await Promise.all(codes)).toEqual(["ERR_SOCKINFO_HIJACKED", "ERR_SOCKINFO_HIJACKED"]);
      expect(socket.destroyed).toBe(false);
    });

    test("the socket is destroyed before hijack(), and right after it", async () => {
      const codes: string[] = [];
      const server = await serve(kind, async (req, res) => {
        if (when === "late") await pauses.immediate();
        if (req.url === "/before") req.socket.destroy();
        const asking = refusalOf(hijack(req, res));
        if (req.url === "/after") req.socket.destroy();
        codes.push(await asking);
      });
      for (const path of ["/before", "/after"]) {
        const client = await connectHttp1(server, kind);
        client.send(path);
        await once(client.wire, "close");
      }
      await until(() => codes.length === 2);
      expect(codes).toEqual(["ERR_SOCKINFO_SOCKET_CLOSED", "ERR_SOCKINFO_SOCKET_CLOSED"]);
      await expect(new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).resolves.toBe(0);
    });
  });

  test("the response belongs to another request", async () => {
    const server = await serve(kind);
    const exchanges: [IncomingMessage, ServerResponse][] = [];
    const clients = [await connectHttp1(server, kind), await connectHttp1(server, kind)];
    for (const client of clients) {
      client.send("/");
      exchanges.push(await nextRequest(server));
    }
    const [[one, oneRes], [two, twoRes]] = exchanges as [(typeof exchanges)[0], (typeof exchanges)[0]];
    expect(await refusalOf(hijack(one, twoRes))).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
    expect(await refusalOf(hijack(two, oneRes))).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
    oneRes.end("ok");
    await clients[0]?.receive("\r\n\r\nok");
    const { socket } = await hijack(two, twoRes);
    await converse(socket, clients[1]!);
  });

  test("the client has gone", async () => {
    const server = await serve(kind);
    for (const leave of ["end", "destroy"] as const) {
      const client = await connectHttp1(server, kind);
      client.send("/");
      const [req, res] = await nextRequest(server);
      const closed = once(res, "close");
      client.wire[leave]();
      await closed;
      expect(await refusalOf(hijack(req, res))).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
    }
  });

  test("a connection older than enableHijack()", async () => {
    const server = (await open(makeServer(kind), kind)) as Server;
    const client = await connectHttp1(server, kind);
    await client.get();
    client.received = "";
    server.removeAllListeners("request");
    enableHijack(server);
    client.send("/");
    const [req, res] = await nextRequest(server);
    expect(await refusalOf(hijack(req, res))).toBe("ERR_SOCKINFO_NOT_ENABLED");
    res.end("ok");
    await client.receive("\r\n\r\nok");
    const newer = await connectHttp1(server, kind);
    const { socket } = await takeNext(server, newer);
    await converse(socket, newer);
  });
});
