// allowPeers() and its gate: who may connect to a server, decided before anything of the server sees the connection. The rule:
// peer-rule.ts; what becomes of who may not: turn-away.ts.
import { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import {
  Failure,
  httpOf,
  isTls,
  markRefused,
  type Readers,
  readOneOf,
  readOptions,
  refuseNonServer,
  underTls,
} from "../../core";
import { answerForbiddenOverTls } from "./answer-over-tls";
import { countUnlisted, openConnections } from "./node-server";
import { findPeerObstacle } from "./peer-obstacle";
import { type PeerRefusal, refusalOf } from "./peer-refusal";
import { type CompiledRule, compileRule, type PeerRule } from "./peer-rule";
import { answerForbidden } from "./turn-away";

/** Of {@link allowPeers}. */
export interface AllowPeersOptions {
  /**
   * What a peer gets that may not enter. `"close"`, if not given: nothing. `403`, for servers of HTTP: that status, whatever it asks for,
   * and then the end. Over TLS the handshake is done first, apart from the server, which emits no event for it; the peer has two
   * seconds for it and for the answer. Until then the connection counts for `server.maxConnections`.
   */
  readonly refuseWith?: "close" | 403 | undefined;
}

/** What a {@link PeerGate} emits. */
export interface PeerGateEvents {
  /** Once for each connection that may not enter; it has been closed, or will be. */
  refused: [refusal: PeerRefusal];
}

/**
 * Lets only those peers connect to `server` that the rule names, by what the kernel says of them: `SO_PEERCRED` and `SO_PEERGROUPS`, on macOS
 * `LOCAL_PEERCRED`. Decided once for each connection, when it is accepted: no listener of `'connection'`, neither yours nor Node's, gets to see
 * one that may not enter, and no byte of it is read.
 *
 * Whoever the kernel does not name is refused: TCP connections, streams without a socket, peers with the overflow id or outside of our pid
 * namespace, unless the rule says otherwise. Connections that the server has already are judged, too, and closed. A server may have several
 * gates: all must agree.
 *
 * Call it before `listen()`. Node does not list every connection that was `unref()`ed; a server with one that is not listed is refused.
 *
 * @param server - A server of node:http, https, http2, net or tls.
 * @returns An EventEmitter of {@link PeerGateEvents}.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a server, a rule or options of a wrong kind, 403 of a server that is not
 * of HTTP, a server with connections that can't be judged). Where the kernel can't be asked: the code of
 * `getUnsupportedReason()` (Bun and Deno, Windows, no native module), or `ERR_SOCKINFO_SYSTEM_CALL_DENIED` (a sandbox).
 * @example
 * allowPeers(server, { uids: [0, 1000] }).on("refused", ({ description, reason }) => log.warn({ description, reason }));
 * @see unix(7)
 */
export function allowPeers(server: Server, rule: PeerRule, options: AllowPeersOptions = {}): PeerGate {
  const failure = refuseServer(server);
  if (failure) throw failure.toError(allowPeers);
  const read = readAllowOptions(server, options);
  if (read instanceof Failure) throw read.toError(allowPeers);
  const compiled = refuseUnseen(server) ?? compileRule(rule);
  if (compiled instanceof Failure) throw compiled.toError(allowPeers);
  return new PeerGate(server, compiled, read);
}

function refuseServer(server: unknown): Failure | undefined {
  // A gate that can't ask would cut every connection.
  return findPeerObstacle() ?? refuseNonServer(server);
}

const OPTIONS: Readers<AllowPeersOptions> = { refuseWith: readOneOf("close", 403) };

function readAllowOptions(server: Server, options: unknown): AllowPeersOptions | Failure {
  const read = readOptions("options", options, OPTIONS);
  if (read instanceof Failure || read.refuseWith !== 403 || httpOf(server)) return read;
  return Failure.ofMistake('The "options.refuseWith" argument can be 403 for servers of HTTP only');
}

function refuseUnseen(server: Server): Failure | undefined {
  const count = countUnlisted(server, openConnections(server));
  if (count === 0) return undefined;
  if (count === undefined) {
    const detail = "this version of Node does not count a server's connections";
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail);
  }
  return Failure.ofArgument(
    "the server has connections that can't be judged, because they were unref()ed. Call allowPeers() before listen()",
  );
}

type Emit = (...parameters: unknown[]) => boolean;

/** Made by {@link allowPeers}. There is no way to take it away from its server. */
export class PeerGate extends EventEmitter<PeerGateEvents> {
  readonly #server: Server;
  readonly #rule: CompiledRule;
  readonly #answers: boolean;
  // Read once: later changes to the server's prototypes are ignored.
  readonly #isTls: boolean;
  readonly #isHttp2: boolean;
  /** The key is the socket below TLS. */
  readonly #judged = new WeakMap<object, "admitted" | "refused">();

  /** @internal */
  constructor(server: Server, rule: CompiledRule, { refuseWith }: AllowPeersOptions) {
    super();
    this.#server = server;
    this.#rule = rule;
    this.#answers = refuseWith === 403;
    this.#isTls = isTls(server);
    this.#isHttp2 = httpOf(server) === "h2c";
    this.#guard(server);
    for (const connection of openConnections(server)) this.#judgeLate(connection);
  }

  /**
   * A listener could not keep others from seeing the connection, so the events do not come by. Node emits them from its own code by
   * `server.emit`, which is a method of the object from now on.
   */
  #guard(server: Server): void {
    const own = Object.hasOwn(server, "emit") ? (server.emit as Emit) : undefined;
    const mayPass = (parameters: readonly unknown[]) => this.#mayPass(parameters);
    const value = function (this: Server, ...parameters: unknown[]): boolean {
      if (!mayPass(parameters)) return true;
      // An inherited one is looked up each time: tracers patch the prototype's, at any time.
      const emit = own ?? (Object.getPrototypeOf(server) as { emit: Emit }).emit;
      return emit.apply(this, parameters);
    };
    // A plain property: some tracers wrap `emit` again until they read back their own function.
    Object.defineProperty(server, "emit", { value, configurable: true, writable: true });
    // Code that wrapped `emit` before may put an older one back. Connections that come past the gate end here, unread.
    server.prependListener("connection", (socket: Socket) => this.#judgeLate(socket));
    if (this.#isTls) server.prependListener("secureConnection", (socket: Socket) => this.#judgeSecuredLate(socket));
  }

  /** Whether the server's listeners get the event. */
  #mayPass([event, first, second]: readonly unknown[]): boolean {
    switch (event) {
      case "connection":
        return this.#admits(first as Socket);
      case "secureConnection":
        return this.#admitsSecured(first as Socket);
      case "keylog":
        return !this.#isRefused(second as Socket | undefined);
      case "tlsClientError":
        return !this.#endsIfRefused(second as Socket | undefined);
    }
    return true;
  }

  #admits(socket: Socket): boolean {
    const refusalOfPeer = this.#judge(socket);
    if (refusalOfPeer === undefined) return true;
    if (this.#answers && this.#isTls) answerForbiddenOverTls(this.#server, socket);
    else this.#turnAway(socket, this.#isHttp2);
    this.emit("refused", refusalOfPeer);
    return false;
  }

  #admitsSecured(socket: Socket): boolean {
    const judged = this.#judged.get(keyOf(socket));
    if (judged === "admitted") return true;
    // Handed to the server with its TLS already done.
    const refusalOfPeer = judged === undefined ? this.#judge(socket) : undefined;
    if (judged === undefined && refusalOfPeer === undefined) return true;
    this.#turnAway(socket, (socket as { alpnProtocol?: unknown }).alpnProtocol === "h2");
    if (refusalOfPeer) this.emit("refused", refusalOfPeer);
    return false;
  }

  /** Code that emits events of its own may leave the socket out. */
  #isRefused(socket: Socket | undefined): boolean {
    return socket !== undefined && this.#judged.get(keyOf(socket)) === "refused";
  }

  /** Node leaves the end of the connection to the listeners of the error, which do not hear of it. */
  #endsIfRefused(socket: Socket | undefined): boolean {
    const isRefused = this.#isRefused(socket);
    if (isRefused) socket?.destroy();
    return isRefused;
  }

  #turnAway(socket: Socket, isHttp2: boolean): void {
    if (this.#answers) answerForbidden(socket, isHttp2);
    else socket.destroy();
  }

  #judge(connection: object): PeerRefusal | undefined {
    const refusalOfPeer = refusalOf(this.#rule, connection);
    const key = keyOf(connection);
    this.#judged.set(key, refusalOfPeer === undefined ? "admitted" : "refused");
    if (refusalOfPeer) markRefused(key);
    return refusalOfPeer;
  }

  /** Judges a connection that other code may have seen. It is closed without a 403, which could mix with that code's bytes. */
  #judgeLate(connection: object): void {
    if (this.#judged.has(keyOf(connection))) return;
    const late = this.#judge(connection);
    if (late === undefined) return;
    (connection as Socket).destroy();
    // Nobody listens yet.
    process.nextTick(() => this.emit("refused", late));
  }

  #judgeSecuredLate(socket: Socket): void {
    this.#judgeLate(socket);
    if (this.#isRefused(socket)) socket.destroy();
  }
}

/** A connection is judged once, whether the event is about it or about the TLS over it. */
function keyOf(connection: object): object {
  return underTls(connection) ?? connection;
}
