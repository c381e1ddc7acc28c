// One connection of a server on which hijacking is enabled. It wraps Node's `onIncoming`, and so knows which request's
// handler is running and which requests asked for an Upgrade.
import type { IncomingMessage, Server } from "node:http";
import { asksForUpgrade, type HttpSocket, isBetweenMessages, type Parser } from "./node-server";
import { detachAfterHeaders, type OnDetached, STOP } from "./detach";

const connections = new WeakMap<object, HttpConnection>();

/**
 * `undefined` where the server of `socket` is not enabled or was not when the connection came, and where another server
 * speaks HTTP on the socket now.
 */
export function connectionOf(socket: HttpSocket): HttpConnection | undefined {
  const connection = connections.get(socket);
  return connection?.isCurrent === true ? connection : undefined;
}

export class HttpConnection {
  readonly socket: HttpSocket;
  readonly server: Server;
  #parser: Parser | undefined;
  /**
   * The parser's limit, which Node resets when it takes the parser back. Names and values together; 0 means no limit.
   */
  maxHeaderPairs = 1;
  /** The request whose handler the parser is calling right now. */
  #handling: IncomingMessage | undefined;
  /** Set by that handler's `hijack()`. */
  #onDetached: OnDetached | undefined;
  /** The last request that asked for an Upgrade. */
  #upgrading: IncomingMessage | undefined;
  #isIdle = false;

  constructor(socket: HttpSocket, server: Server) {
    this.socket = socket;
    this.server = server;
  }

  /** Whether the parser that `watch` has found is still the one of the socket. */
  get isCurrent(): boolean {
    return this.#parser !== undefined && this.socket.parser === this.#parser;
  }

  /**
   * Node has given the socket away. Its parser may be used for another server's connection, even on the same socket.
   */
  end(): void {
    this.#parser = undefined;
  }

  /** Whether the parser is calling the handler of `request`, and stops where `endHttpAfterHandler` says. */
  isHandling(request: IncomingMessage): boolean {
    return this.#handling === request;
  }

  /** Only while `isHandling`: HTTP ends after the headers, once the handler has returned. */
  endHttpAfterHandler(onDetached: OnDetached): void {
    this.#onDetached = onDetached;
  }

  /** Whether Node's parser has seen `request` ask for an Upgrade. It drops bytes that come with such a request. */
  askedForUpgrade(request: IncomingMessage): boolean {
    return this.#upgrading === request;
  }

  /** Whether the parser has read `request` to its end and nothing after it. */
  isLast(request: IncomingMessage): boolean {
    const { parser } = this.socket;
    return parser?.incoming === request && request.complete && isBetweenMessages(parser);
  }

  /**
   * Starts, where HTTP/1 is spoken on the socket: an HTTP/2 server with allowHTTP1 has other sockets, too. `isIdle`
   * says that a keep-alive timeout is running which Node's own state of the connection does not know.
   */
  watch({ isIdle }: { isIdle: boolean }): void {
    const { socket, server } = this;
    const { parser } = socket;
    const onIncoming = parser?.onIncoming;
    if (!parser || !onIncoming) return;
    connections.set(socket, this);
    this.#parser = parser;
    this.maxHeaderPairs = parser.maxHeaderPairs;
    this.#isIdle = isIdle;
    parser.onIncoming = (request, shouldKeepAlive) => {
      if (this.#isIdle) this.#endIdleness();
      if (asksForUpgrade(request)) this.#upgrading = request;
      const verdict = this.#handle(onIncoming, request, shouldKeepAlive);
      const onDetached = this.#onDetached;
      if (!onDetached) return verdict;
      this.#onDetached = undefined;
      detachAfterHeaders(server, socket, parser, onDetached);
      return STOP;
    };
  }

  #endIdleness(): void {
    this.#isIdle = false;
    this.socket.setTimeout?.(this.server.timeout || 0);
  }

  #handle(
    onIncoming: (request: IncomingMessage, shouldKeepAlive: boolean) => number,
    request: IncomingMessage,
    shouldKeepAlive: boolean,
  ): number {
    this.#handling = request;
    try {
      return onIncoming(request, shouldKeepAlive);
    } catch (error) {
      if (!this.#onDetached) throw error;
      // The owner has the connection even if the handler throws, as in Go. Thrown here, it would break the parser.
      setImmediate(() => {
        throw error;
      });
      return STOP;
    } finally {
      this.#handling = undefined;
    }
  }
}
