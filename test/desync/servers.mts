// The servers, one of each kind for each setup. All cases share them.
import http, { type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { enableHijack } from "sockinfo/hijack";
import type { Setup } from "./bytes.mts";
import { exchangesOf, noteExchange } from "./exchange.mts";
import { handle } from "./handlers.mts";
import { turns } from "./link.mts";

/** `silent` is a plain server that reads every body and never answers. */
type Kind = "plain" | "enabled" | "silent";

/** Enough turns for the answers to earlier requests, which owners write a little later than Node. */
const TUNNEL_TURNS = 4;

const servers = new Map<string, Server>();

export function serverFor(kind: Kind, setup: Setup): Server {
  const key = kind + JSON.stringify(setup);
  let server = servers.get(key);
  if (!server) servers.set(key, (server = makeServer(kind, setup)));
  return server;
}

function makeServer(kind: Kind, setup: Setup): Server {
  const { insecureHTTPParser } = setup;
  const server = http.createServer({ insecureHTTPParser, requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 });
  server.maxRequestsPerSocket = setup.maxRequestsPerSocket;
  if (setup.maxHeadersCount !== undefined) server.maxHeadersCount = setup.maxHeadersCount;
  Object.assign(server, { httpAllowHalfOpen: setup.httpAllowHalfOpen });
  server.on("connection", (socket: Duplex) => exchangesOf.set(socket, []));
  const begin = (event: string) => (request: IncomingMessage, response: ServerResponse) => {
    const exchange = noteExchange(event, kind === "enabled", request, response);
    if (event === "checkContinue" && kind !== "silent" && /read|end|data|wait/.test(request.url ?? "")) {
      response.writeContinue();
    }
    if (kind === "silent") request.resume();
    else handle(exchange);
  };
  const tunnel = (event: string) => (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const exchange = noteExchange(event, kind === "enabled", request, undefined);
    exchange.body = head.toString("latin1");
    socket.on("error", (error) => socket.destroy(error));
    socket.on("data", (data: Buffer) => (exchange.body += data.toString("latin1")));
    socket.on("end", () => socket.end());
    if (kind === "silent") return;
    void turns(TUNNEL_TURNS).then(() => socket.writable && socket.write("HTTP/1.1 101 Switching\r\n\r\n"));
  };
  server.on("request", begin("request"));
  if (setup.continueListener) server.on("checkContinue", begin("checkContinue"));
  if (setup.upgradeListener) server.on("upgrade", tunnel("upgrade"));
  if (setup.connectListener) server.on("connect", tunnel("connect"));
  if (kind === "enabled") enableHijack(server);
  return server;
}
