// Servers of every kind on which connections can be hijacked. They count their connections.
import http, { type RequestListener, type Server } from "node:http";
import http2 from "node:http2";
import https from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Closeable } from "sockinfo";
import { type ConnectionTracker, trackConnections } from "sockinfo/connections";
import { enableHijack } from "sockinfo/hijack";
import { makeCertificate } from "../helpers/certificate.ts";
import { ListeningServer } from "../soak/listening-server.mts";
import { ownUpgraded } from "./owners.mts";

/** `upgrades` has listeners for 'upgrade' and 'connect'. `injected` gets streams in memory. */
export const KINDS = ["http", "upgrades", "https", "h2", "Unix", "injected"] as const;
export type Kind = (typeof KINDS)[number];

export function isTls(kind: Kind): boolean {
  return kind === "https" || kind === "h2";
}

/** They are short, so that each of them ends some connections. */
const LIMITS = { headersTimeout: 150, requestTimeout: 200, keepAliveTimeout: 100, connectionsCheckingInterval: 30 };
/**
 * For servers of TLS. Node 24 and 26 keep most connections whose client resets while the server has something to
 * write: the reset comes as an end, and the write never completes.
 */
const TLS_LIMIT = 1000;

export class Misused extends ListeningServer {
  readonly kind: Kind;
  readonly parsers = new Set<unknown>();
  /** Connections that are open. */
  readonly open = new Set<Duplex>();
  /** The open connections that speak HTTP/2. They can't be hijacked. */
  readonly http2 = new WeakSet<Duplex>();
  connections = 0;
  /** The number of 'close' events of connections, and of 'closed' events of the tracker. */
  closed = 0;
  closedForTracker = 0;
  readonly tracker: ConnectionTracker<undefined> | undefined;
  readonly #hijacking: Closeable | undefined;
  readonly #onConnection = (socket: Duplex): void => this.#watch(socket);

  constructor(kind: Kind, handler: RequestListener, { isPlain }: { isPlain: boolean }) {
    const server = makeServer(kind, handler);
    super(server, kind === "Unix");
    this.kind = kind;
    server.on("connection", this.#onConnection).on("secureConnection", this.#watchSecure);
    if (isPlain) return;
    this.#hijacking = enableHijack(server);
    this.tracker = trackConnections(server).on("closed", () => (this.closedForTracker += 1));
  }

  /** Returns the number of listeners that sockinfo has left on the server. */
  override stop(): number {
    this.#hijacking?.close();
    this.tracker?.close();
    this.server.off("connection", this.#onConnection).off("secureConnection", this.#watchSecure);
    return super.stop();
  }

  #watch(socket: Duplex): void {
    this.connections += 1;
    this.open.add(socket);
    socket.on("close", () => {
      this.closed += 1;
      this.open.delete(socket);
    });
    this.#keepParser(socket);
  }

  readonly #watchSecure = (socket: TLSSocket): void => {
    // The socket under TLS. The server has emitted 'connection' with it.
    const { _parent: wire } = socket as { _parent?: Duplex };
    if (wire && socket.alpnProtocol === "h2") this.http2.add(wire);
    this.#keepParser(socket);
  };

  #keepParser(socket: Duplex): void {
    const { parser } = socket as { parser?: unknown };
    if (parser) this.parsers.add(parser);
  }
}

function makeServer(kind: Kind, handler: RequestListener): Server {
  switch (kind) {
    case "https":
      return https.createServer({ ...secureOptions(), ...LIMITS }, handler).setTimeout(TLS_LIMIT);
    case "h2": {
      const options = { ...secureOptions(), ...LIMITS, allowHTTP1: true };
      return http2.createSecureServer(options, handler as never).setTimeout(TLS_LIMIT) as unknown as Server;
    }
    case "upgrades":
      return http.createServer(LIMITS, handler).on("upgrade", ownUpgraded).on("connect", ownUpgraded);
    default:
      return http.createServer(LIMITS, handler);
  }
}

function secureOptions(): object {
  return { ...makeCertificate(), handshakeTimeout: TLS_LIMIT };
}
