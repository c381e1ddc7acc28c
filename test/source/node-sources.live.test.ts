// Every object of Node that has a socket. The other end is the truth: its port must be the remote port of the socket
// found.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { createConnection, Socket, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import tls, { TLSSocket } from "node:tls";
import { getFd, getSocket, getTcpInfo, tryGetTcpInfo, type SocketSource } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeCertificate } from "../helpers/certificate";
import { codeOf } from "../helpers/refusals";
import { connectPair, listen, portOf, until } from "../helpers/servers";

const certificate = makeCertificate();

/** `source` must lead to the socket whose other end has `port`, and the kernel must return its TCP_INFO. */
function expectSocket(source: Exclude<SocketSource, number>, port: number | undefined): void {
  expect(port).toBeGreaterThan(0);
  expect(getSocket(source)).toBeInstanceOf(Socket);
  expect(getSocket(source).remotePort).toBe(port);
  expect(getTcpInfo(source).state).toBe("ESTABLISHED");
  expect(getTcpInfo(getFd(source))).toMatchObject({ state: "ESTABLISHED" });
}

describe("http", () => {
  test("request, response, client request and client response", async () => {
    const checks: (() => void)[] = [];
    const server = await listen(
      http.createServer((req, res) => {
        const port = Number(req.headers["x-port"]);
        expectSocket(req, port);
        expectSocket(res, port);
        res.on("finish", () => checks.push(() => expectSocket(res, port)));
        res.end("ok");
      }),
    );
    const agent = new http.Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const client = http.request({ port: portOf(server), agent });
    const [socket] = (await once(client, "socket")) as [Socket];
    await once(socket, "connect");
    client.setHeader("x-port", (socket.address() as AddressInfo).port);
    client.end();
    const [response] = (await once(client, "response")) as [http.IncomingMessage];
    expectSocket(client, portOf(server));
    expectSocket(response, portOf(server));
    response.resume();
    await until(() => checks.length === 1);
    // The response drops its socket when it has finished. Its request still has it.
    checks.forEach((check) => check());
  });

  test("the socket of 'upgrade' and of 'connect'", async () => {
    const server = await listen(http.createServer());
    const seen: [string, number | undefined][] = [];
    for (const event of ["upgrade", "connect"]) {
      server.on(event, (req: http.IncomingMessage, socket: Duplex) => {
        expectSocket(socket, Number(req.headers["x-port"]));
        expectSocket(req, Number(req.headers["x-port"]));
        seen.push([event, (socket as Socket).remotePort]);
        socket.end();
      });
    }
    for (const head of ["GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x", "CONNECT a:1 HTTP/1.1"]) {
      const client = createConnection(portOf(server), "127.0.0.1").resume();
      await once(client, "connect");
      client.write(`${head}\r\nHost: a\r\nX-Port: ${client.localPort}\r\n\r\n`);
      await once(client, "end");
    }
    expect(seen.map(([event]) => event)).toEqual(["upgrade", "connect"]);
  });

  test("the stream of 'upgrade' if a body follows: since Node 26 it is not the socket", async () => {
    const server = await listen(http.createServer());
    server.on("upgrade", (req, stream) => {
      expectSocket(stream, Number(req.headers["x-port"]));
      stream.end();
    });
    const client = createConnection(portOf(server), "127.0.0.1").resume();
    await once(client, "connect");
    const head = "POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 9";
    client.write(`${head}\r\nHost: a\r\nX-Port: ${client.localPort}\r\n\r\nabc`);
    await once(client, "close");
    expect.assertions(5);
  });

  test("the socket of a closed connection is that one, closed", async () => {
    const server = await listen(http.createServer((_req, res) => res.end()));
    const [req] = (
      await Promise.all([once(server, "request"), once(http.get({ port: portOf(server), agent: false }), "response")])
    )[0] as [http.IncomingMessage];
    await until(() => req.socket.destroyed);
    expect(codeOf(() => getTcpInfo(req))).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
    expect(tryGetTcpInfo(req)).toBeUndefined();
  });
});

describe("https and tls", () => {
  test("request, response and the raw socket below", async () => {
    const server = https.createServer(certificate, (req, res) => {
      expectSocket(req, Number(req.headers["x-port"]));
      expect(getSocket(req)).toBeInstanceOf(TLSSocket);
      res.end();
    });
    let raw: Socket | undefined;
    server.on("connection", (socket: Socket) => (raw = socket));
    await listen(server);
    const client = tls.connect({ port: portOf(server), rejectUnauthorized: false });
    await once(client, "secureConnect");
    client.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Port: ${client.localPort}\r\n\r\n`);
    await once(client, "data");
    expectSocket(client, portOf(server));
    expectSocket(raw as Socket, client.localPort);
    expect(getFd(raw as Socket)).toBeGreaterThan(0);
    client.destroy();
  });

  test("TLS over a JavaScript stream, which has no socket", async () => {
    const { client, accepted } = await connectPair();
    const { Duplex } = await import("node:stream");
    const wrapped = new Duplex({
      read() {},
      write: (chunk, _encoding, done) => client.write(chunk as Buffer, () => done()),
    });
    client.on("data", (chunk) => wrapped.push(chunk));
    const server = new TLSSocket(accepted, { isServer: true, ...certificate });
    const over = tls.connect({ socket: wrapped, rejectUnauthorized: false });
    await once(over, "secureConnect");
    expectSocket(server, client.localPort);
    expect(codeOf(() => getTcpInfo(over))).toBe("ERR_SOCKINFO_NO_SOCKET");
    expect(tryGetTcpInfo(over)).toBeUndefined();
    over.destroy();
  });
});

describe.each([
  ["cleartext", () => http2.createServer(), "http"],
  ["TLS", () => http2.createSecureServer(certificate), "https"],
])("http2, %s", (_name, create, scheme) => {
  test("sessions, streams, requests and responses, at both ends and until they end", async () => {
    const server = create();
    const ended: (() => void)[] = [];
    server.on("request", (req: http2.Http2ServerRequest, res: http2.Http2ServerResponse) => {
      const port = Number(req.headers["x-port"]);
      const { stream } = req;
      const session = stream.session as http2.Http2Session;
      const { socket } = session;
      for (const source of [req, res, stream, session]) expectSocket(source, port);
      session.on("close", () => {
        ended.push(() => {
          for (const source of [req, res, stream, session, socket]) {
            expect(codeOf(() => getTcpInfo(source))).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
            expect(tryGetTcpInfo(source)).toBeUndefined();
          }
        });
      });
      res.end("ok");
    });
    await listen(server);
    const session = http2.connect(`${scheme}://localhost:${portOf(server)}`, { rejectUnauthorized: false });
    await once(session, "connect");
    const stream = session.request({ ":path": "/", "x-port": session.socket.localPort });
    await once(stream, "response");
    expectSocket(session, portOf(server));
    expectSocket(stream, portOf(server));
    stream.resume();
    await once(stream, "end");
    session.close();
    await until(() => ended.length === 1);
    ended.forEach((check) => check());
  });
});

test("an HTTP/1 request to an http2 server", async () => {
  const server = http2.createSecureServer({ ...certificate, allowHTTP1: true }, (req, res) => {
    expectSocket(req, req.socket.remotePort);
    expect(req.httpVersion).toBe("1.1");
    res.end("ok");
  });
  await listen(server);
  const client = https.get({ port: portOf(server), rejectUnauthorized: false });
  const [response] = (await once(client, "response")) as [http.IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.resume();
});
