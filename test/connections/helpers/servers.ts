// Servers of every kind that a tracker takes, already tracked and listening. What talks to them is clients.ts.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { Server } from "node:net";
import { trackConnections, type ConnectionTracker, type TrackConnectionsOptions } from "sockinfo/connections";
import { onTestFinished } from "vitest";
import { makeCertificate } from "../../helpers/certificate";
import { listen, socketPath } from "../../helpers/servers";

/** `unix` is http on a Unix socket, `h2-http1` what an http2 server speaks with a client that knows HTTP/1 only. */
export type Kind = "http" | "https" | "unix" | "h2-http1" | "h2c" | "h2";

export const HTTP1: readonly Kind[] = ["http", "https", "unix", "h2-http1"];
export const HTTP2: readonly Kind[] = ["h2c", "h2"];
export const KINDS: readonly Kind[] = [...HTTP1, ...HTTP2];

export const isHttp2 = (kind: Kind): boolean => HTTP2.includes(kind);
export const isTls = (kind: Kind): boolean => kind === "https" || kind === "h2-http1" || kind === "h2";

export const nodeMajor = Number(process.versions.node.split(".")[0]);

export const answers = {
  /** To all but `/hang`, which gets no answer. */
  ok: (req: http.IncomingMessage, res: http.ServerResponse): void => {
    if (req.url !== "/hang") res.end("ok");
  },
};

let pair: { key: Buffer; cert: Buffer } | undefined;

/** One for each test file. */
export function certificate(): { key: Buffer; cert: Buffer } {
  return (pair ??= makeCertificate());
}

/** For HTTP/2, too, whose compatibility API has the same names. */
export function makeServer(
  kind: Kind,
  handler: http.RequestListener = answers.ok,
  options: http.ServerOptions = {},
): Server {
  switch (kind) {
    case "http":
    case "unix":
      return http.createServer(options, handler);
    case "https":
      return https.createServer({ ...certificate(), ...options }, handler);
    case "h2c":
      return http2.createServer(options as http2.ServerOptions, handler as never);
    default:
      return http2.createSecureServer(
        { ...certificate(), allowHTTP1: true, noDelay: true, ...(options as object) },
        handler as never,
      );
  }
}

/** Listens where servers of that kind do. */
export async function open<S extends Server>(server: S, kind: Kind = "http"): Promise<S> {
  return listen(server, kind === "unix" ? { path: socketPath() } : undefined);
}

/** The tracker comes before the first connection. */
export async function serve<Context = undefined>(
  kind: Kind,
  handler?: http.RequestListener,
  options?: http.ServerOptions,
  tracking?: TrackConnectionsOptions<Context>,
): Promise<{ server: http.Server; tracker: ConnectionTracker<Context> }> {
  const server = makeServer(kind, handler, options) as http.Server;
  const tracker = trackConnections(server, tracking);
  onTestFinished(() => tracker.close());
  await open(server, kind);
  return { server, tracker };
}
