// listenUnix for each kind of server: a client gets its answer, and the server is as if Node had it listen.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { lstatSync } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { listenUnix } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeCertificate } from "../../helpers/certificate";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";

const certificate = lacks("openssl") ? undefined : makeCertificate();
const rejectUnauthorized = false;

async function bodyOf(request: http.ClientRequest): Promise<string> {
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return text(response);
}

async function askHttp2(authority: string, createConnection: () => net.Socket): Promise<string> {
  const session = http2.connect(authority, { createConnection });
  onTestFinished(() => session.destroy());
  return text(session.request());
}

const answer = (_: unknown, response: { end: (data: string) => unknown }): void => void response.end("hello");

interface Kind {
  readonly create: () => net.Server;
  readonly ask: (path: string) => Promise<string>;
}

const PLAIN: Record<string, Kind> = {
  net: { create: () => net.createServer((socket) => socket.end("hello")), ask },
  http: {
    create: () => http.createServer(answer),
    ask: (path) => bodyOf(http.get({ socketPath: path, agent: false })),
  },
  h2c: {
    create: () => http2.createServer(answer),
    ask: (path) => askHttp2("http://localhost", () => net.connect(path)),
  },
};

const SECURE: Record<string, Kind> = {
  tls: {
    create: () => tls.createServer({ ...certificate }, (socket) => socket.end("hello")),
    ask: (path) => text(tls.connect({ path, rejectUnauthorized })),
  },
  https: {
    create: () => https.createServer({ ...certificate }, answer),
    ask: (path) => bodyOf(https.get({ socketPath: path, rejectUnauthorized, agent: false })),
  },
  h2: {
    create: () => http2.createSecureServer({ ...certificate }, answer),
    ask: (path) =>
      askHttp2("https://localhost", () => tls.connect({ path, rejectUnauthorized, ALPNProtocols: ["h2"] })),
  },
};

async function serves({ create, ask: askIt }: Kind): Promise<void> {
  const path = socketPath();
  const server = create();
  let heard = 0;
  server.on("listening", () => heard++);
  expect(await listenUnix(server, path)).toBe(server);
  onTestFinished(() => void server.close());
  expect(heard).toBe(1);
  expect(server.listening).toBe(true);
  expect(server.address()).toBe(path);
  expect(lstatSync(path).isSocket()).toBe(true);
  expect(await askIt(path)).toBe("hello");
}

test.each(Object.entries(PLAIN))("%s: a client gets its answer", (_, kind) => serves(kind));

describe.skipIf(lacks("openssl"))("over TLS", () => {
  test.each(Object.entries(SECURE))("%s: a client gets its answer", (_, kind) => serves(kind));
});

test("a server that has closed listens again: on another path, on the same one, on TCP", async () => {
  const [first, second] = [socketPath(), socketPath()];
  const server = net.createServer((socket) => socket.end("hello"));
  for (const path of [first, second, first]) {
    await listenUnix(server, path);
    expect(server.address()).toBe(path);
    expect(await ask(path)).toBe("hello");
    server.close();
    await once(server, "close");
    expect(await ask(path)).toBe("ENOENT");
  }
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  expect(server.address()).toMatchObject({ family: "IPv4" });
});

test.skipIf(lacks("ss"))("backlog is what ss shows", async () => {
  const path = socketPath();
  const server = await listenUnix(net.createServer(), path, { backlog: 7 });
  onTestFinished(() => void server.close());
  const line = execFileSync("ss", ["-xlH"], { encoding: "utf8" })
    .split("\n")
    .find((each) => each.includes(path));
  expect(line?.trim().split(/\s+/).slice(0, 5)).toEqual(["u_str", "LISTEN", "0", "7", path]);
});
