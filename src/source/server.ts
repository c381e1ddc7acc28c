// Checks that an argument is a server of Node. For a framework's application the error names the server to pass.
import { Server } from "node:net";
import type { Failure } from "../errors";
import { wrongValue } from "../values";

/** Also true for servers of http, https, http2 and tls, whose classes extend this one. */
export function isServer(value: unknown): value is Server {
  try {
    return value instanceof Server;
  } catch {
    return false; // The value is a proxy that throws.
  }
}

export function refuseNonServer(value: unknown): Failure | undefined {
  return isServer(value) ? undefined : notAServer(value);
}

/** @param kinds - The modules whose servers the caller accepts. */
export function notAServer(value: unknown, kinds = "node:net, tls, http, https or http2"): Failure {
  const toPass = isServer(value) ? undefined : findServerOfApplication(value);
  return wrongValue("server", `be a server of ${kinds}`, value, toPass && `Pass ${toPass}`);
}

interface Application {
  /** The argument to pass instead, for the error message. */
  readonly toPass: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- objects that sockinfo has no types of
  readonly fits: (value: any) => boolean;
}

/** Tried in this order: several of these have a `listen()` that returns something other than the server. */
const APPLICATIONS: readonly Application[] = [
  // Such as the result of Fastify's listen(), which resolves to a string.
  { toPass: "the server that it resolves to, or app.server (Fastify)", fits: (app) => app instanceof Promise },
  { toPass: "app.getHttpServer() (Nest)", fits: (app) => typeof app.getHttpServer === "function" },
  { toPass: "server.listener (hapi)", fits: (app) => isServer(app.listener) },
  { toPass: "app.server (Fastify; polka, once it listens)", fits: (app) => hasListen(app) && "server" in app },
  { toPass: "io.httpServer (Socket.IO)", fits: (app) => isServer(app.httpServer) },
  { toPass: "server.node.server (srvx)", fits: (app) => isServer(app.node?.server) },
  { toPass: "what app.listen() returns (Express, Koa)", fits: hasListen },
  { toPass: "what http.createServer() returns for it", fits: (app) => typeof app === "function" },
  {
    toPass: "the server of node:http that serves it (what serve() of @hono/node-server returns)",
    fits: (app) => typeof app.fetch === "function",
  },
];

// oxlint-disable-next-line typescript/no-explicit-any -- objects that sockinfo has no types of
function hasListen(value: any): boolean {
  return typeof value.listen === "function";
}

function findServerOfApplication(value: unknown): string | undefined {
  return APPLICATIONS.find(({ fits }) => {
    try {
      return fits(value);
    } catch {
      return false; // The value is not an object, or has a getter that throws.
    }
  })?.toPass;
}
