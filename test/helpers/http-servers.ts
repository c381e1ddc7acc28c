// HTTP servers of every kind. http-clients.ts has clients for them.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { once } from "node:events";
import type { Server } from "node:net";
import { makeCertificate } from "./certificate";
import { listen, socketPath } from "./servers";

/** `unix` is http on a Unix socket. `h2-http1` is an http2 server with `allowHTTP1`, whose clients use HTTP/1. */
export type Http1Kind = "http" | "https" | "unix" | "h2-http1";
export type Kind = Http1Kind | "h2c" | "h2";

export const HTTP1: readonly Http1Kind[] = ["http", "https", "unix", "h2-http1"];
export const HTTP2: readonly Kind[] = ["h2c", "h2"];
export const KINDS: readonly Kind[] = [...HTTP1, ...HTTP2];

export const isHttp2 = (kind: Kind): boolean => HTTP2.includes(kind);
export const isTls = (kind: Kind): boolean => kind === "https" || kind === "h2-http1" || kind === "h2";

export const nodeMajor = Number(process.versions.node.split(".")[0]);

export const answers = {
  /** Answers all requests except those for `/hang`. */
  ok: (req: http.IncomingMessage, res: http.ServerResponse): void => {
    if (req.url !== "/hang") res.end("ok");
  },
};

let pair: { key: Buffer; cert: Buffer } | undefined;

/** The same one for a whole test file. */
export function certificate(): { key: Buffer; cert: Buffer } {
  return (pair ??= makeCertificate());
}

/** The handler also works for HTTP/2, whose compatibility API has the same names. */
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

/** Listens on loopback, or on a Unix socket for `unix`. */
export async function open<S extends Server>(server: S, kind: Kind = "http"): Promise<S> {
  return listen(server, kind === "unix" ? { path: socketPath() } : undefined);
}

/** The request and the response that the next handler is called with. */
export async function nextRequest(server: Server): Promise<[http.IncomingMessage, http.ServerResponse]> {
  return (await once(server, "request")) as [http.IncomingMessage, http.ServerResponse];
}
