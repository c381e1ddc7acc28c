// States and request counts over HTTP/1: when a connection becomes active and idle, also when Node answers by itself.
import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { until } from "../helpers/servers";
import { request, type Http1Client } from "../helpers/http-clients";
import { HTTP1 } from "../helpers/http-servers";
import { begin, type Scene } from "./helpers/stories";

const CLIENT_END = { reason: "client-end", tcp: ["CLOSED", "LAST_ACK"] } as const;
const ANY_END = ["CLOSE_WAIT", "LAST_ACK", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "CLOSED"] as const;
const SERVER_END = { reason: "server-end", tcp: ANY_END } as const;

type Http1Scene = Scene & { readonly client: Http1Client };

async function beginHttp1(...parameters: Parameters<typeof begin>): Promise<Http1Scene> {
  return (await begin(...parameters)) as Http1Scene;
}

describe.each(HTTP1)("%s", (kind) => {
  test("new until the first headers are complete; active during each request, and idle between requests", async () => {
    const { client, story, tracker, connection } = await beginHttp1(kind);
    const seen: number[] = [];
    tracker.on("active", ({ requests }) => seen.push(requests.inFlight));
    tracker.on("idle", ({ requests }) => seen.push(requests.inFlight, requests.served));
    client.stream.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
    await until(() => (connection.tlsSocket ?? connection.socket).bytesRead > 0);
    expect(connection.state).toBe("new");
    client.stream.write("\r\n");
    await client.receive("\r\n\r\nok");
    await client.get();
    await until(() => connection.state === "idle");
    expect(seen).toEqual([1, 0, 1, 1, 0, 2]);
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle active idle closed", served: 2 });
  });

  test("pipelined requests: active once, and idle when all are answered", async () => {
    const waiting: (() => void)[] = [];
    const { client, story, tracker, connection } = await beginHttp1(kind, (req, res) => {
      waiting.push(() => res.end(`answer ${req.url}`));
    });
    client.stream.write(request("/1") + request("/2") + request("/3"));
    await until(() => waiting.length === 3);
    expect(connection).toMatchObject({ state: "active", requests: { inFlight: 3, served: 0 } });
    waiting[1]?.();
    waiting[0]?.();
    await client.receive("answer /2");
    expect(connection).toMatchObject({ state: "active", requests: { inFlight: 1, served: 2 } });
    const idle = once(tracker, "idle");
    waiting[2]?.();
    await client.receive("answer /3");
    await idle;
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle closed", served: 3 });
  });

  test("a response that ends before the request's body: active until the body has ended", async () => {
    const { client, story, connection, tracker } = await beginHttp1(kind, (_, res) => res.end("ok"));
    client.send("/", "Content-Length: 10");
    await client.receive("\r\n\r\nok");
    await until(() => connection.requests.served === 1);
    expect(connection).toMatchObject({ state: "active", requests: { inFlight: 0 } });
    const idle = once(tracker, "idle");
    client.stream.write("0123456789");
    await idle;
    client.end();
    await story.expect({ ...CLIENT_END, states: "new active idle closed", served: 1 });
  });

  test("a client that ends during its upload", async () => {
    const { client, story, connection } = await beginHttp1(kind, (req) => req.resume().on("error", () => {}));
    client.send("/", "Content-Length: 10");
    await until(() => connection.state === "active");
    client.stream.write("01234");
    client.end();
    const code = "HPE_INVALID_EOF_STATE";
    await story.expect({ ...CLIENT_END, code, tcp: ANY_END, states: "new active closed", inFlight: 1 });
  });

  describe("Expect: 100-continue", () => {
    const upload = async ({ client, tracker }: Http1Scene): Promise<void> => {
      client.send("/", "Expect: 100-continue", "Content-Length: 2");
      await client.receive("100 Continue\r\n\r\n");
      const idle = once(tracker, "idle");
      client.stream.write("hi");
      await client.receive("\r\n\r\nok");
      await idle;
      client.end();
    };
    const answer: RequestListener = (req, res) => req.resume().on("end", () => res.end("ok"));
    const once1 = { ...CLIENT_END, states: "new active idle closed", served: 1 } as const;

    test("answered by Node", async () => {
      const scene = await beginHttp1(kind, answer);
      await upload(scene);
      await scene.story.expect(once1);
    });

    test("answered by a listener of 'checkContinue'", async () => {
      const scene = await beginHttp1(kind, undefined, {}, (server) => {
        server.on("checkContinue", (req: IncomingMessage, res: ServerResponse & { req: IncomingMessage }) => {
          res.writeContinue();
          answer(req, res);
        });
      });
      await upload(scene);
      await scene.story.expect(once1);
    });

    test("refused by a listener of 'checkContinue'", async () => {
      const { client, story } = await beginHttp1(kind, undefined, {}, (server) => {
        server.on("checkContinue", (_, res) => res.writeHead(413, { connection: "close" }).end());
      });
      client.send("/", "Expect: 100-continue", "Content-Length: 2");
      await story.expect({ ...SERVER_END, states: "new active closed", served: 1 });
    });
  });

  describe("answers of Node itself", () => {
    const hasAllOptions = kind !== "h2-http1";

    test("417 to an unknown expectation", async () => {
      const { client, story, tracker } = await beginHttp1(kind);
      const idle = once(tracker, "idle");
      client.send("/", "Expect: cake");
      await client.receive("417 Expectation Failed");
      await idle;
      client.end();
      await story.expect({ ...CLIENT_END, states: "new active idle closed", served: 1 });
    });

    test.runIf(hasAllOptions)("400 to a request without Host", async () => {
      const { client, story } = await beginHttp1(kind);
      client.stream.write("GET / HTTP/1.1\r\n\r\n");
      await story.expect({ ...SERVER_END, states: "new active closed", served: 1 });
      expect(client.received).toMatch("400 Bad Request");
    });

    test.runIf(hasAllOptions)("503 to a request beyond maxRequestsPerSocket", async () => {
      const limit = (server: Server) => Object.assign(server, { maxRequestsPerSocket: 1 });
      const { client, story, tracker } = await beginHttp1(kind, undefined, {}, limit);
      const idle = once(tracker, "idle");
      client.stream.write(request("/") + request("/"));
      await client.receive("503 Service Unavailable");
      // Node answers with "Connection: close", and leaves the closing to the client.
      await idle;
      client.end();
      await story.expect({ ...CLIENT_END, states: "new active idle closed", served: 2 });
    });
  });

  test("HEAD, 204, HTTP/1.0 and chunked responses", async () => {
    const { client, story, tracker, connection } = await beginHttp1(kind, (req, res) => {
      if (req.method === "DELETE") res.writeHead(204);
      if (req.method === "POST") res.write("chunk");
      res.end();
    });
    for (const method of ["HEAD", "DELETE", "POST"]) {
      const idle = once(tracker, "idle");
      client.stream.write(request("/").replace("GET", method));
      await idle;
    }
    expect(connection.requests).toEqual({ served: 3, inFlight: 0 });
    client.stream.write("GET / HTTP/1.0\r\n\r\n");
    await story.expect({ ...SERVER_END, states: "new active idle active idle active idle active closed", served: 4 });
  });

  test("res.destroy() instead of a response", async () => {
    const { client, story } = await beginHttp1(kind, (_, res) => void res.destroy());
    client.send("/");
    await story.expect({ reason: "server-destroy", tcp: ["ESTABLISHED"], states: "new active closed", inFlight: 1 });
  });
});
