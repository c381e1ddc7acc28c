// allowPeers() and its gate: who may connect to a server, decided before anything of the server sees the connection. The rule:
// peer-rule.ts; what becomes of who may not: turn-away.ts.
import { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import {
  acceptedSockets,
  Failure,
  hidingRuntime,
  httpOf,
  type Readers,
  readOneOf,
  readOptions,
  refuseNonServer,
  underTls,
} from "../core";
import { type PeerRefusal, refusalOf } from "./peer-refusal";
import { type CompiledRule, compileRule, type PeerRule } from "./peer-rule";
import { answerForbidden } from "./turn-away";

/** Of {@link allowPeers}. */
export interface AllowPeersOptions {
  /**
   * What a peer gets that may not enter. `"close"`, if not given: nothing. `403`, for servers of HTTP: that status, whatever it asks for,
   * and then the end; over TLS, it is let through the handshake for that.
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
 * @param server - A server of node:http, https, http2, net or tls.
 * @returns An EventEmitter of {@link PeerGateEvents}.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a server, a rule or options of a wrong kind, 403 of a server that is not
 * of HTTP), `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (Bun and Deno, whose servers do not tell of connections as Node's do).
 * @example
 * allowPeers(server, { uids: [0, 1000] }).on("refused", ({ description, reason }) => log.warn({ description, reason }));
 * @see unix(7)
 */
export function allowPeers(server: Server, rule: PeerRule, options: AllowPeersOptions = {}): PeerGate {
  const failure = refuseServer(server);
  if (failure) throw failure.toError(allowPeers);
  const read = readAllowOptions(server, options);
  if (read instanceof Failure) throw read.toError(allowPeers);
  const compiled = compileRule(rule);
  if (compiled instanceof Failure) throw compiled.toError(allowPeers);
  return new PeerGate(server, compiled, read);
}

function refuseServer(server: unknown): Failure | undefined {
  const runtime = hidingRuntime();
  if (runtime) return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `${runtime}'s servers do not tell of connections`);
  return refuseNonServer(server);
}

const OPTIONS: Readers<AllowPeersOptions> = { refuseWith: readOneOf("close", 403) };

function readAllowOptions(server: Server, options: unknown): AllowPeersOptions | Failure {
  const read = readOptions("options", options, OPTIONS);
  if (read instanceof Failure || read.refuseWith !== 403 || httpOf(server)) return read;
  return Failure.ofMistake('The "options.refuseWith" argument can be 403 for servers of HTTP only');
}

/** Made by {@link allowPeers}. There is no way to take it away from its server. */
export class PeerGate extends EventEmitter<PeerGateEvents> {
  readonly #server: Server;
  readonly #rule: CompiledRule;
  readonly #answers: boolean;
  /** In the handshake of TLS: whether they may enter, or only get their 403 when it is done. */
  readonly #inHandshake = new WeakMap<object, "admitted" | "refused">();

  /** @internal */
  constructor(server: Server, rule: CompiledRule, { refuseWith }: AllowPeersOptions) {
    super();
    this.#server = server;
    this.#rule = rule;
    this.#answers = refuseWith === 403;
    this.#guard(server);
    for (const socket of acceptedSockets(server)) this.#judgeLate(socket);
  }

  /**
   * A listener could not keep others from seeing the connection, so the events do not come by. Node emits them from its own code by
   * `server.emit`, which is a method of the object from now on.
   */
  #guard(server: Server): void {
    const { emit } = server as { emit: (...parameters: unknown[]) => boolean };
    const lets = (event: unknown, socket: unknown) => this.#lets(event, socket);
    const value = function (this: Server, ...parameters: unknown[]): boolean {
      const [event, socket] = parameters;
      return lets(event, socket) ? emit.apply(this, parameters) : true;
    };
    Object.defineProperty(server, "emit", { value, configurable: true, writable: true });
  }

  /** Whether an event may be heard of. */
  #lets(event: unknown, socket: unknown): boolean {
    if (event === "connection") return this.#admits(socket as Socket);
    return event !== "secureConnection" || this.#admitsSecured(socket as Socket);
  }

  #admits(socket: Socket): boolean {
    const refusalOfPeer = refusalOf(this.#rule, socket);
    if (refusalOfPeer === undefined) {
      if (isTls(this.#server)) this.#inHandshake.set(socket, "admitted");
      return true;
    }
    const isAnsweredLater = this.#answers && isTls(this.#server);
    if (isAnsweredLater) this.#inHandshake.set(socket, "refused");
    else this.#turnAway(socket, httpOf(this.#server) === "h2c");
    try {
      this.emit("refused", refusalOfPeer);
    } catch (error) {
      // By a listener. Nobody would begin the handshake any more, nor end the connection.
      if (isAnsweredLater) socket.destroy();
      throw error;
    }
    return isAnsweredLater;
  }

  #admitsSecured(socket: Socket): boolean {
    const judged = this.#inHandshake.get(underTls(socket) ?? socket);
    if (judged === "admitted") return true;
    const refusalOfPeer = judged === "refused" ? undefined : refusalOf(this.#rule, socket);
    // Handed to the server with its TLS already done.
    if (judged === undefined && refusalOfPeer === undefined) return true;
    this.#turnAway(socket, (socket as { alpnProtocol?: unknown }).alpnProtocol === "h2");
    if (refusalOfPeer) this.emit("refused", refusalOfPeer);
    return false;
  }

  #turnAway(socket: Socket, isHttp2: boolean): void {
    if (this.#answers) answerForbidden(socket, isHttp2);
    else socket.destroy();
  }

  #judgeLate(socket: Socket): void {
    const late = refusalOf(this.#rule, socket);
    if (late === undefined) {
      if (isTls(this.#server)) this.#inHandshake.set(socket, "admitted");
      return;
    }
    socket.destroy();
    // Nobody listens yet.
    process.nextTick(() => this.emit("refused", late));
  }
}

/** Of tls, https, and http2 over TLS. */
function isTls(server: Server): boolean {
  return "addContext" in server;
}
