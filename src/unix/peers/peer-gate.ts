// The gate that allowPeers() puts in front of a server. It decides about each connection before the server's listeners
// see it.
import { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import { type Closeable, httpOf, isRefused, isTls, markRefused, openConnections, underTls } from "../../core";
import { answer403 } from "./answer-403";
import { answer403OverTls } from "./answer-403-over-tls";
import { filterEmit } from "./filter-emit";
import { type PeerRefusal, findRefusal } from "./peer-refusal";
import type { CompiledRule } from "./peer-rule";

/** The events of a {@link PeerGate}. */
export interface PeerGateEvents {
  /** Emitted once for each refused connection, which the gate has closed or will close. */
  refused: [refusal: PeerRefusal];
}

/** Made by {@link allowPeers}. In effect until {@link PeerGate.close}. */
export class PeerGate extends EventEmitter<PeerGateEvents> implements Closeable {
  readonly #server: Server;
  readonly #rule: CompiledRule;
  readonly #answers: boolean;
  // Read once: later changes to the server's prototypes are ignored.
  readonly #isTls: boolean;
  readonly #isHttp2: boolean;
  /** The key is the socket below TLS. */
  readonly #judged = new WeakMap<object, "admitted" | "refused">();
  readonly #removeFilter: () => void;
  // Other code that wrapped `emit` before this gate may put an older one back. Connections that come past the filter
  // are closed here, unread.
  readonly #onConnection = (socket: Socket): void => this.#judgeLate(socket);
  readonly #onSecureConnection = (socket: Socket): void => this.#judgeSecuredLate(socket);

  /** @internal */
  constructor(server: Server, rule: CompiledRule, refuseWith: "close" | 403 | undefined) {
    super();
    this.#server = server;
    this.#rule = rule;
    this.#answers = refuseWith === 403;
    this.#isTls = isTls(server);
    this.#isHttp2 = httpOf(server) === "h2c";
    this.#removeFilter = filterEmit(server, (parameters) => this.#mayPass(parameters));
    server.prependListener("connection", this.#onConnection);
    if (this.#isTls) server.prependListener("secureConnection", this.#onSecureConnection);
    for (const connection of openConnections(server)) {
      // Another gate has refused it, and may be sending a 403.
      if (!isRefused(keyOf(connection))) this.#judgeLate(connection);
    }
  }

  /**
   * Removes the gate from its server, which from now on accepts every peer that its other gates admit.
   * Open connections stay open, and a connection that the gate has refused stays refused. Does nothing the second
   * time.
   */
  close(): void {
    this.#removeFilter();
    this.#server.off("connection", this.#onConnection).off("secureConnection", this.#onSecureConnection);
  }

  /** The same as {@link PeerGate.close}. */
  [Symbol.dispose](): void {
    this.close();
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
        return !this.#destroyIfRefused(second as Socket | undefined);
    }
    return true;
  }

  #admits(socket: Socket): boolean {
    const refusal = this.#judge(socket);
    if (refusal === undefined) return true;
    if (this.#answers && this.#isTls) answer403OverTls(this.#server, socket);
    else this.#answerOrDestroy(socket, this.#isHttp2);
    this.emit("refused", refusal);
    return false;
  }

  #admitsSecured(socket: Socket): boolean {
    const judged = this.#judged.get(keyOf(socket));
    if (judged === "admitted") return true;
    // If it is not judged yet, other code has handed it to the server after its TLS handshake.
    const refusal = judged === undefined ? this.#judge(socket) : undefined;
    if (judged === undefined && refusal === undefined) return true;
    this.#answerOrDestroy(socket, (socket as { alpnProtocol?: unknown }).alpnProtocol === "h2");
    if (refusal) this.emit("refused", refusal);
    return false;
  }

  /** `socket` may be missing in events that other code emits. */
  #isRefused(socket: Socket | undefined): boolean {
    return socket !== undefined && this.#judged.get(keyOf(socket)) === "refused";
  }

  /** Node leaves it to the listeners of 'tlsClientError' to close the connection, but they do not see this event. */
  #destroyIfRefused(socket: Socket | undefined): boolean {
    if (!this.#isRefused(socket)) return false;
    socket?.destroy();
    return true;
  }

  #answerOrDestroy(socket: Socket, isHttp2: boolean): void {
    if (this.#answers) answer403(socket, isHttp2);
    else socket.destroy();
  }

  #judge(connection: object): PeerRefusal | undefined {
    const refusal = findRefusal(this.#rule, connection);
    const key = keyOf(connection);
    this.#judged.set(key, refusal === undefined ? "admitted" : "refused");
    if (refusal) markRefused(key);
    return refusal;
  }

  /** Other code may have seen the connection. It is closed without a 403, which could mix with that code's bytes. */
  #judgeLate(connection: object): void {
    if (this.#judged.has(keyOf(connection))) return;
    const refusal = this.#judge(connection);
    if (refusal === undefined) return;
    (connection as Socket).destroy();
    // In the constructor the gate has no listeners yet.
    process.nextTick(() => this.emit("refused", refusal));
  }

  #judgeSecuredLate(socket: Socket): void {
    this.#judgeLate(socket);
    if (this.#isRefused(socket)) socket.destroy();
  }
}

/** The socket below TLS, so that a connection is judged once, by 'connection' or by 'secureConnection'. */
function keyOf(connection: object): object {
  return underTls(connection) ?? connection;
}
