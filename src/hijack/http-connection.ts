// One connection of a server on which hijacking is enabled: stands before Node's `onIncoming`, and knows who wants the connection.
import type { IncomingMessage, ServerResponse } from "node:http";
import { detachBehindHeaders, type OnDetached, STOP } from "./detach";
import { HeldRequest } from "./held-request";
import { type HttpSocket, isBetweenMessages, type Parser, setUpgrade, wantsUpgrade } from "./node-server";
import type { HijackableServer } from "./hijackable-server";

type OnIncoming = NonNullable<Parser["onIncoming"]>;

const connections = new WeakMap<object, HttpConnection>();

/** `undefined` where the server of `socket` is not enabled, or was not when the connection came. */
export function connectionOf(socket: object): HttpConnection | undefined {
  return connections.get(socket);
}

export class HttpConnection {
  readonly socket: HttpSocket;
  readonly server: HijackableServer;
  /** The request for whose sake the parser was stopped before anybody asked. */
  held: HeldRequest | undefined;
  /** The request whose handler runs, called by the parser, which waits for what to do next. */
  #handling: IncomingMessage | undefined;
  /** Who has asked for the connection meanwhile. */
  #wanted: OnDetached | undefined;
  /** A request for an Upgrade that has stayed with HTTP: Node drops what came behind it in the same segment. */
  #mayHaveLost: IncomingMessage | undefined;
  #isIdle = false;

  constructor(socket: HttpSocket, server: HijackableServer) {
    this.socket = socket;
    this.server = server;
  }

  /** Whether the parser waits for what the handler of `request` wants. */
  isHandling(request: IncomingMessage): boolean {
    return this.#handling === request;
  }

  /** Whether nothing was parsed behind `request`, and its parser is there still. */
  isLast(request: IncomingMessage): boolean {
    const { parser } = this.socket;
    if (parser?.incoming !== request || this.#mayHaveLost === request) return false;
    return !request.complete || isBetweenMessages(parser);
  }

  /** While `isHandling`: HTTP ends behind the headers, when the handler has returned. */
  endBehindHeaders(onDetached: OnDetached): void {
    this.#wanted = onDetached;
  }

  /**
   * Begins, if HTTP/1 is spoken on the socket: a server of HTTP/2 with allowHTTP1 has others, too. `isIdle` if a keep-alive timeout
   * is running of which Node's new state of the connection does not know.
   */
  watch({ isIdle }: { isIdle: boolean }): void {
    const { parser } = this.socket;
    const original = parser?.onIncoming;
    if (!parser || !original) return;
    connections.set(this.socket, this);
    this.#isIdle = isIdle;
    parser.onIncoming = (request, shouldKeepAlive) => {
      if (this.#isIdle) this.#endIdleness();
      const isUpgrade = wantsUpgrade(request);
      const isConnect = isUpgrade && this.#isForHandlers(request);
      if (isConnect) setUpgrade(request, false);
      const verdict = this.#handle(original, request, shouldKeepAlive);
      // An Upgrade that goes its own way, or a stop by another copy of this module.
      if (verdict !== 0) return verdict;
      if (this.#stops(parser, request, isUpgrade, isConnect)) return STOP;
      if (isUpgrade) this.#mayHaveLost = request;
      return verdict;
    };
  }

  #endIdleness(): void {
    this.#isIdle = false;
    this.socket.setTimeout?.(this.server.server.timeout || 0);
  }

  /** A CONNECT that would find no listener. Not behind another response: it could not be given back to the parser later. */
  #isForHandlers(request: IncomingMessage): boolean {
    return request.method === "CONNECT" && !this.socket._httpMessage && this.server.takesConnect;
  }

  #handle(original: OnIncoming, request: IncomingMessage, shouldKeepAlive: boolean): number {
    this.#handling = request;
    let verdict: number | undefined;
    try {
      verdict = original(request, shouldKeepAlive);
    } finally {
      this.#handling = undefined;
      // The handler threw, which leaves the parser unusable.
      if (verdict === undefined) this.#wanted?.(undefined);
    }
    return verdict;
  }

  /** After the handler has returned. */
  #stops(parser: Parser, request: IncomingMessage, isUpgrade: boolean, isConnect: boolean): boolean {
    const { socket, server } = this;
    if (this.#wanted) {
      detachBehindHeaders(server.server, socket, parser, this.#wanted);
      return true;
    }
    const response = socket._httpMessage;
    if (response?.req !== request) return false;
    const isHeld =
      isConnect || (isUnanswered(response) && (server.holds(request) || (isUpgrade && server.mayHold(request))));
    const framing = isHeld ? server.framingOf(request) : undefined;
    if (!framing) return false;
    const held = new HeldRequest(this, request, response, framing);
    this.held = held;
    detachBehindHeaders(server.server, socket, parser, (leftover) => held.begin(leftover));
    return true;
  }
}

function isUnanswered(response: ServerResponse): boolean {
  return !response.headersSent && !response.writableEnded;
}
