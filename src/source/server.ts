// Checks that an argument is a server of Node. For a framework's application the error names the server to pass.
import { Server } from "node:net";
import type { Failure } from "../errors";
import { wrongValue } from "../values";

/** Also true for servers of http, https, http2 and tls, whose classes extend this one. */
export function isServer(value: unknown): value is Server {
  try {
    return value instanceof Server;
  } catch {
    return false; // A proxy that throws.
  }
}

export function refuseNonServer(value: unknown): Failure | undefined {
  return isServer(value) ? undefined : notAServer(value);
}

/** @param kinds - The modules whose servers the caller accepts. */
export function notAServer(value: unknown, kinds = "node:net, tls, http, https or http2"): Failure {
  const meant = findServerOfApplication(value);
  return wrongValue("server", `be a server of ${kinds}`, value, meant && `Pass ${meant}`);
}

interface Application {
  /** What to pass instead. */
  readonly meant: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- objects that sockinfo has no types of
  readonly fits: (value: any) => boolean;
}

/** Tried in this order: several of these have a `listen()` that returns something other than the server. */
const APPLICATIONS: readonly Application[] = [
  { meant: "app.getHttpServer() (Nest)", fits: (app) => typeof app.getHttpServer === "function" },
  { meant: "server.listener (hapi)", fits: (app) => isServer(app.listener) },
  { meant: "app.server (Fastify; polka, once it listens)", fits: (app) => typeof app === "object" && "server" in app },
  { meant: "io.httpServer (Socket.IO)", fits: (app) => isServer(app.httpServer) },
  { meant: "server.node.server (srvx)", fits: (app) => isServer(app.node?.server) },
  { meant: "what app.listen() returns (Express, Koa)", fits: (app) => typeof app.listen === "function" },
  { meant: "what http.createServer() returns for it", fits: (app) => typeof app === "function" },
  {
    meant: "the server of node:http that serves it (what serve() of @hono/node-server returns)",
    fits: (app) => typeof app.fetch === "function",
  },
];

function findServerOfApplication(value: unknown): string | undefined {
  return APPLICATIONS.find(({ fits }) => {
    try {
      return fits(value);
    } catch {
      return false; // Not an object, or a getter that throws.
    }
  })?.meant;
}
