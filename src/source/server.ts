// Whether an argument is a server of Node's; and if it is a framework's application, which server is meant.
import { Server } from "node:net";
import type { Failure } from "../errors";
import { wrongValue } from "../values";

/** Servers of http, https, http2 and tls are of this class, too. */
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

/** The refusal. `kinds` lists the servers that the caller takes. */
export function notAServer(value: unknown, kinds = "node:net, tls, http, https or http2"): Failure {
  const meant = findMeant(value);
  return wrongValue("server", `be a server of ${kinds}`, value, meant && `Pass ${meant}`);
}

interface Application {
  /** What to pass instead. */
  readonly meant: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- objects that sockinfo has no types of
  readonly fits: (value: any) => boolean;
}

/** In this order: several of these have a `listen()` that returns something else than the server. */
const APPLICATIONS: readonly Application[] = [
  { meant: "app.getHttpServer() (Nest)", fits: (app) => typeof app.getHttpServer === "function" },
  { meant: "server.listener (hapi)", fits: (app) => isServer(app.listener) },
  { meant: "app.server (Fastify; polka, once it listens)", fits: (app) => typeof app === "object" && "server" in app },
  { meant: "io.httpServer (Socket.IO)", fits: (app) => isServer(app.httpServer) },
  { meant: "server.node.server (srvx)", fits: (app) => isServer(app.node?.server) },
  { meant: "what app.listen() returns (Express, Koa)", fits: (app) => typeof app.listen === "function" },
  { meant: "what http.createServer() makes of it", fits: (app) => typeof app === "function" },
  {
    meant: "the server of node:http that serves it (what serve() of @hono/node-server returns)",
    fits: (app) => typeof app.fetch === "function",
  },
];

function findMeant(value: unknown): string | undefined {
  return APPLICATIONS.find(({ fits }) => {
    try {
      return fits(value);
    } catch {
      return false; // Not an object, or a getter that throws.
    }
  })?.meant;
}
