// getCurrentSocket() in everything that a request starts, against the port that the client has and sends.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import type { Server, Socket } from "node:net";
import { json, text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import tls from "node:tls";
import { getSocket, getTcpInfo, tryGetTcpInfo } from "sockinfo";
import { getCurrentSocket } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
// Internal: trackers call it.
import { enterSocket } from "../../src/connections/enter-socket";
import { listen, portOf, until } from "../helpers/servers";
import {
  allPlacesSee,
  cleartext,
  connectClient,
  enable,
  handle,
  http2Client,
  type Incoming,
  type Outgoing,
  port,
  TRANSPORTS,
} from "./helpers/current-socket";

describe.each(Object.entries(TRANSPORTS))("%s", (_name, transport) => {
  test("requests side by side on several connections each see their own", async () => {
    enable();
    const server = await listen(transport.server());
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const client = await connectClient(transport.client(server));
        const answers: unknown[] = [];
        for (let i = 0; i < 3; i++) answers.push(...(await Promise.all([client.post(), client.post()])));
        expect(answers).toEqual(Array.from({ length: 6 }, () => allPlacesSee(client.localPort)));
      }),
    );
  });

  test("it is the socket that getSocket returns, and it leads to TCP_INFO", async () => {
    enable();
    const server = transport.server().removeAllListeners("request");
    const seen: unknown[] = [];
    server.on("request", async (req: Incoming, res: Outgoing) => {
      await sleep(1);
      const socket = getCurrentSocket() as Socket;
      seen.push(socket === getSocket(streamOf(req) ?? req), getTcpInfo(socket).state);
      handle(req, res);
    });
    await (await connectClient(transport.client(await listen(server)))).post();
    expect(seen).toEqual([true, "ESTABLISHED"]);
  });

  test("it has the properties of the accepted socket", async () => {
    enable();
    const mark = Symbol("mark");
    const server = transport.server().removeAllListeners("request");
    server.on(server instanceof tls.Server ? "secureConnection" : "connection", (socket: object) =>
      Object.assign(socket, { [mark]: "marked" }),
    );
    let seen: unknown;
    server.prependListener("request", (req: Incoming, res: Outgoing) => {
      seen = (getCurrentSocket() as unknown as Record<symbol, unknown>)[mark];
      handle(req, res);
    });
    await (await connectClient(transport.client(await listen(server)))).post();
    expect(seen).toBe("marked");
  });

  test("listeners of the request and the response have it when the client breaks off", async () => {
    enable();
    const seen: Record<string, unknown> = {};
    const server = transport.server().removeAllListeners("request");
    const arrived = once(server, "request") as Promise<[Incoming, Outgoing]>;
    const client = await connectClient(transport.client(await listen(server)));
    void client.post().catch(() => {});
    const [req, res] = await arrived;
    const expected = getSocket(streamOf(req) ?? req);
    req.on("error", () => {}).on("close", () => (seen["request"] = getCurrentSocket()));
    res.on("error", () => {}).on("close", () => (seen["response"] = getCurrentSocket()));
    client.close();
    await until(() => Object.keys(seen).length === 2);
    expect(seen["request"] === expected && seen["response"] === expected).toBe(true);
  });
});

/** The stream's session has another proxy of the socket than the request. */
const streamOf = (req: Incoming): http2.ServerHttp2Stream | undefined => ("stream" in req ? req.stream : undefined);

/** Sends requests at once over one connection. Each has a body in two chunks. */
async function pipeline(server: Server, count: number): Promise<{ localPort: number; answer: string }> {
  const socket = cleartext(server);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  const { localPort } = socket as { localPort: number };
  const head = `POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n`;
  const request = (i: number) =>
    `${head}${i === count - 1 ? "Connection: close\r\n" : ""}\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n`;
  const requests = Array.from({ length: count }, (_, i) => request(i)).join("");
  // Cut within requests, so that a body arrives in two pieces.
  for (let at = 0; at < requests.length; at += 331) {
    socket.write(requests.slice(at, at + 331));
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { localPort, answer: await text(socket) };
}

test("pipelined requests see their connection, also in the events of their bodies", async () => {
  enable();
  const server = await listen(
    http.createServer((req, res) => {
      const seen = [port()];
      req.on("data", () => seen.push(port()));
      req.on("end", () => seen.push(port()));
      req.on("close", async () => {
        seen.push(port());
        await sleep(Math.random() * 5);
        res.end(`[${[...seen, port()].join()}]`);
      });
    }),
  );
  const pipelines = await Promise.all(Array.from({ length: 10 }, () => pipeline(server, 20)));
  for (const { localPort, answer } of pipelines) {
    const seen = [...answer.matchAll(/\[([^\]]*)\]/gu)].map(([, ports]) => [...new Set(ports?.split(","))]);
    expect(seen).toEqual(Array.from({ length: 20 }, () => [String(localPort)]));
  }
});

test("a request to another server of this process does not change it", async () => {
  enable();
  const inner = await listen(http.createServer((_req, res) => void setTimeout(() => res.end(String(port())), 1)));
  const outer = await listen(
    http.createServer(async (_req, res) => {
      const [response] = (await once(http.get({ port: portOf(inner), agent: false }), "response")) as [
        http.IncomingMessage,
      ];
      const innerPort = response.socket.localPort;
      const answer = await text(response);
      res.end(JSON.stringify({ outer: port(), inner: answer, innerPort: String(innerPort) }));
    }),
  );
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const request = http.get({ port: portOf(outer), agent: false });
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      const { localPort } = response.socket;
      const answer = (await json(response)) as { innerPort: string };
      expect(answer).toEqual({ outer: localPort, inner: answer.innerPort, innerPort: answer.innerPort });
    }),
  );
});

describe("HTTP/2", () => {
  test("code that runs after the end of the session has the closed socket", async () => {
    enable();
    const server = http2.createServer();
    const seen = new Promise<unknown>((resolve) => {
      server.on("stream", async (stream) => {
        const { session } = stream;
        stream.on("error", () => {});
        session?.destroy();
        await once(session as http2.Http2Session, "close");
        resolve([getCurrentSocket() === undefined, tryGetTcpInfo(getCurrentSocket() as Socket)]);
      });
    });
    const session = http2.connect(`http://127.0.0.1:${portOf(await listen(server))}`).on("error", () => {});
    session.request().on("error", () => {});
    expect(await seen).toEqual([false, undefined]);
  });

  test("a stream that the server pushes has the socket of its connection", async () => {
    enable();
    const server = http2.createServer();
    server.on("stream", (stream) => {
      stream.pushStream({ ":path": "/pushed" }, (error, pushed) => {
        if (error) throw error;
        pushed.respond();
        pushed.on("close", () => stream.end(String(port())));
        pushed.end(String(port()));
      });
      stream.respond();
    });
    const session = http2.connect(`http://127.0.0.1:${portOf(await listen(server))}`);
    onTestFinished(() => session.destroy());
    const pushed = once(session, "stream") as Promise<[http2.ClientHttp2Stream]>;
    const stream = session.request();
    const [push] = await pushed;
    const answers = await Promise.all([text(push), text(stream)]);
    const expected = String(session.socket.localPort);
    expect(answers).toEqual([expected, expected]);
  });

  test("enterSocket() in a listener of 'stream' works on servers that listened before", async () => {
    const server = await listen(http2.createServer(handle));
    server.prependListener("stream", (stream) => enterSocket((stream.session as http2.Http2Session).socket, stream));
    enable();
    const client = await connectClient(http2Client(`http://127.0.0.1:${portOf(server)}`));
    const expected = allPlacesSee(client.localPort);
    expect(await Promise.all([client.post(), client.post()])).toEqual([expected, expected]);
  });
});
