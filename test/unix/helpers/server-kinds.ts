// A server of each class that Node has, with its client. Those over TLS are missing on machines without openssl.
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { makeCertificate } from "../../helpers/certificate";
import { lacks } from "../../helpers/needs";

/** The certificate of all servers over TLS. */
export const certificate = lacks("openssl") ? undefined : makeCertificate();

export const rejectUnauthorized = false;

export const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

type TlsOptions = https.ServerOptions & tls.TlsOptions;

export interface ServerKind {
  readonly isTls: boolean;
  /**
   * With `onAnswer`, the server calls it and answers "welcome": to each request, or if it is not of HTTP, to each
   * connection.
   */
  readonly create: (onAnswer?: () => void, options?: TlsOptions) => net.Server;
  /** The body of one answer. Rejects, or resolves with "", if there is none. */
  readonly ask: (path: string) => Promise<string>;
}

async function bodyOf(request: http.ClientRequest): Promise<string> {
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return text(response);
}

async function askHttp2(authority: string, connection: net.Socket): Promise<string> {
  const session = http2.connect(authority, { createConnection: () => connection }).on("error", () => {});
  return text(session.request()).finally(() => session.destroy());
}

const toRequest = (onAnswer?: () => void) =>
  onAnswer &&
  ((_request: unknown, response: { end: (data: string) => unknown }) => (onAnswer(), response.end("welcome")));

const toConnection = (onAnswer?: () => void) =>
  onAnswer &&
  ((socket: net.Socket) =>
    void (onAnswer(),
    socket
      .on("error", () => {})
      .resume()
      .end("welcome")));

const PLAIN = {
  net: {
    isTls: false,
    create: (onAnswer) => net.createServer(toConnection(onAnswer)),
    ask: (path) => text(net.connect(path)),
  },
  http: {
    isTls: false,
    create: (onAnswer) => http.createServer(toRequest(onAnswer)),
    ask: (path) => bodyOf(http.get({ socketPath: path, agent: false })),
  },
  h2c: {
    isTls: false,
    create: (onAnswer) => http2.createServer(toRequest(onAnswer)),
    ask: (path) => askHttp2("http://localhost", net.connect(path)),
  },
} satisfies Record<string, ServerKind>;

const OVER_TLS = {
  tls: {
    isTls: true,
    create: (onAnswer, options) => tls.createServer({ ...certificate, ...options }, toConnection(onAnswer)),
    ask: (path) => text(tls.connect({ path, rejectUnauthorized })),
  },
  https: {
    isTls: true,
    create: (onAnswer, options) => https.createServer({ ...certificate, ...options }, toRequest(onAnswer)),
    ask: (path) => bodyOf(https.get({ socketPath: path, rejectUnauthorized, agent: false })),
  },
  h2: {
    isTls: true,
    create: (onAnswer, options) =>
      http2.createSecureServer({ ...certificate, allowHTTP1: true, ...options }, toRequest(onAnswer)),
    ask: (path) => askHttp2("https://localhost", tls.connect({ path, rejectUnauthorized, ALPNProtocols: ["h2"] })),
  },
} satisfies Record<string, ServerKind>;

export type KindName = keyof typeof PLAIN | keyof typeof OVER_TLS;

const KINDS: Readonly<Record<KindName, ServerKind>> = { ...PLAIN, ...OVER_TLS };

/** The named kinds, or all. Without openssl, kinds over TLS are left out. */
export function serverKinds(...names: KindName[]): [KindName, ServerKind][] {
  const all = Object.entries(KINDS) as [KindName, ServerKind][];
  const named = all.filter(([name]) => names.length === 0 || names.includes(name));
  return named.filter(([, { isTls }]) => certificate !== undefined || !isTls);
}
