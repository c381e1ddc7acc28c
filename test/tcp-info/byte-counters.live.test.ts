// The byte counters of getTcpInfo against those of Node, over HTTP, keep-alive, HTTP/2, TLS and IPv6.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { Socket } from "node:net";
import { getTcpInfo, type TcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { makeCertificate } from "../helpers/certificate";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf, until } from "../helpers/servers";

function request(
  options: http.RequestOptions,
  body?: Buffer,
  client: typeof http | typeof https = http,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const req = client.request(options, (res) => {
      let text = "";
      res.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      res.on("end", () => resolve(text));
    });
    req.on("error", reject).end(body);
  });
}

describe("byte counters", () => {
  test.each(["127.0.0.1", "::1"])("over %s equal Node's, at both ends", async (host) => {
    const { client, accepted } = await connectPair({ host, port: 0 });
    accepted.on("data", () => accepted.write(Buffer.alloc(70_001)));
    client.resume().write(Buffer.alloc(123_457));
    await until(
      () => accepted.bytesRead === 123_457 && client.bytesRead === accepted.bytesWritten && client.bytesRead > 0,
    );
    for (const [end, other] of [
      [client, accepted],
      [accepted, client],
    ] as const) {
      const info = getTcpInfo(end);
      // On a busy machine the kernel may send a tail loss probe, even on loopback.
      const bytesSent = end.bytesWritten + (info.retransmittedBytes ?? 0);
      expect(info).toMatchObject({ state: "ESTABLISHED", bytesSent, bytesReceived: other.bytesWritten });
    }
  });

  test.skipIf(lacks("linux"))("bytesAcked also counts a client's SYN, and the FIN", async () => {
    const { client, accepted } = await connectPair();
    accepted.resume();
    client.resume().write(Buffer.alloc(1000));
    await until(() => accepted.bytesRead === 1000);
    expect(getTcpInfo(client)).toMatchObject({ bytesAcked: 1000 + 1 });
    client.end();
    await until(() => getTcpInfo(client).state === "FIN_WAIT_2");
    expect(getTcpInfo(client)).toMatchObject({ bytesAcked: 1000 + 2 });
    accepted.write(Buffer.alloc(10));
    await until(() => client.bytesRead === 10);
    expect(getTcpInfo(accepted)).toMatchObject({ bytesAcked: 10, state: "CLOSE_WAIT" });
  });

  test("grow from request to request on one keep-alive connection", async () => {
    const seen: { info: TcpInfo; socket: Socket; read: number }[] = [];
    const server = await listen(
      http.createServer((req, res) => {
        req.resume().on("end", () => {
          seen.push({ info: getTcpInfo(req), socket: req.socket, read: req.socket.bytesRead });
          res.end("x".repeat(5000));
        });
      }),
    );
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let round = 0; round < 4; round++)
      await request({ port: portOf(server), agent, method: "POST" }, Buffer.alloc(3000));
    agent.destroy();
    expect(new Set(seen.map(({ socket }) => socket)).size).toBe(1);
    seen.forEach(({ info, read }, round) => {
      expect(info.bytesReceived).toBe(read);
      expect(info.bytesReceived).toBeGreaterThan(3000 * (round + 1));
      expect(info.bytesSent).toBeGreaterThanOrEqual(5000 * round);
    });
  });

  test("count the ciphertext of HTTPS", async () => {
    let info: TcpInfo | undefined;
    let onTheWire = 0;
    const server = https.createServer(makeCertificate(), (req, res) => {
      info = getTcpInfo(req);
      onTheWire = raw?.bytesRead ?? 0;
      res.end("ok");
    });
    let raw: Socket | undefined;
    server.on("connection", (socket: Socket) => (raw = socket));
    await listen(server);
    expect(
      await request({ port: portOf(server), rejectUnauthorized: false } as https.RequestOptions, undefined, https),
    ).toBe("ok");
    expect(info).toMatchObject({ state: "ESTABLISHED", bytesReceived: onTheWire });
    expect(onTheWire).toBeGreaterThan(300);
  });

  test("count a whole HTTP/2 connection: all its streams see the same numbers", async () => {
    const server = http2.createServer();
    const infos: TcpInfo[] = [];
    server.on("stream", (stream) => {
      infos.push(getTcpInfo(stream), getTcpInfo(stream.session as http2.Http2Session));
      stream.respond();
      stream.end("x".repeat(10_000));
    });
    await listen(server);
    const session = http2.connect(`http://127.0.0.1:${portOf(server)}`);
    const streams = Array.from({ length: 5 }, () => session.request({ ":path": "/" }).resume());
    await Promise.all(streams.map((stream) => once(stream, "end")));
    const client = getTcpInfo(session);
    session.close();
    expect(infos).toHaveLength(10);
    expect(client.bytesReceived).toBeGreaterThan(50_000);
    for (const info of infos) expect(info.bytesReceived).toBe(infos[0]?.bytesReceived);
    // The request frames of all five came in one segment. The client sent nothing more before the responses.
    expect(infos[0]?.bytesReceived).toBeLessThanOrEqual(client.bytesSent ?? 0);
  });
});
