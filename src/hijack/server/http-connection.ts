// One connection that came while hijacking was enabled. It wraps Node's `onIncoming`, to find out which request's
// handler is running and which requests have asked for an Upgrade.
import type { IncomingMessage, Server } from "node:http";
import { asksForUpgrade, type HttpSocket, isBetweenMessages, type Parser } from "./node-server";
import { detachAfterHeaders, type OnDetached, STOP } from "./detach";

/** The time between an `enableHijack()` for a server and the `close()` that undoes it. */
export interface Enabling {
  readonly server: Server;
  readonly isClosed: boolean;
}

const connections = new WeakMap<object, HttpConnection>();

/**
 * Returns `undefined` if hijacking was not enabled for the server when the connection came, if it was disabled since,
 * and if another server speaks HTTP on the socket now.
 */
export function connectionOf(socket: HttpSocket): HttpConnection | undefined {
  const connection = connections.get(socket);
  return connection?.isCurrent === true && !connection.enabling.isClosed ? connection : undefined;
}

export class HttpConnection {
  readonly socket: HttpSocket;
  readonly enabling: Enabling;
  #parser: Parser | undefined;
  /**
   * The parser's limit of header names and values together; 0 means no limit. Kept here, because Node resets the limit
   * when the parser goes back to the pool.
   */
  maxHeaderPairs = 1;
  /** The request whose handler the parser is calling right now. */
  #handling: IncomingMessage | undefined;
  /** Set when that handler calls `hijack()`. */
  #onDetached: OnDetached | undefined;
  /** The last request that asked for an Upgrade. */
  #upgrading: IncomingMessage | undefined;
  #isIdle = false;

  constructor(socket: HttpSocket, enabling: Enabling) {
    this.socket = socket;
    this.enabling = enabling;
  }

  get server(): Server {
    return this.enabling.server;
  }

  /** Whether the socket still has the parser that `watch` found. */
  get isCurrent(): boolean {
    return this.#parser !== undefined && this.socket.parser === this.#parser;
  }

  /**
   * Called once Node has handed the socket over. From then on Node may use the parser for another server's connection,
   * even on the same socket.
   */
  forgetParser(): void {
    this.#parser = undefined;
  }

  /** Whether the parser is calling the handler of `request` right now. */
  isHandling(request: IncomingMessage): boolean {
    return this.#handling === request;
  }

  /** Call it only while `isHandling`. HTTP ends after the headers, once the handler has returned. */
  endHttpAfterHandler(onDetached: OnDetached): void {
    this.#onDetached = onDetached;
  }

  /** Whether `request` asks for an Upgrade, by Node's parser. Node drops bytes that come with such a request. */
  askedForUpgrade(request: IncomingMessage): boolean {
    return this.#upgrading === request;
  }

  /** Whether the parser has read `request` to its end and nothing after it. */
  isLast(request: IncomingMessage): boolean {
    const { parser } = this.socket;
    return parser?.incoming === request && request.complete && isBetweenMessages(parser);
  }

  /**
   * Does nothing if the socket has no HTTP/1 parser: some sockets of an HTTP/2 server with allowHTTP1 speak HTTP/2.
   * `isIdle` means that a keep-alive timeout is running. Node's own state of the connection does not show it.
   */
  watch({ isIdle }: { isIdle: boolean }): void {
    const { socket, enabling } = this;
    const { parser } = socket;
    const onIncoming = parser?.onIncoming;
    if (!parser || !onIncoming) return;
    connections.set(socket, this);
    this.#parser = parser;
    this.maxHeaderPairs = parser.maxHeaderPairs;
    this.#isIdle = isIdle;
    const watched: typeof onIncoming = (request, shouldKeepAlive) => {
      if (this.#isIdle) this.#endIdleness();
      if (enabling.isClosed) {
        // Another library may have wrapped our function, which then only passes requests on.
        if (parser.onIncoming === watched) parser.onIncoming = onIncoming;
        return onIncoming(request, shouldKeepAlive);
      }
      if (asksForUpgrade(request)) this.#upgrading = request;
      const verdict = this.#handle(onIncoming, request, shouldKeepAlive);
      const onDetached = this.#onDetached;
      if (!onDetached) return verdict;
      this.#onDetached = undefined;
      // The handler has closed the connection, and Node has freed the parser. Another connection may get it.
      if (!this.isCurrent) {
        onDetached(undefined);
        return verdict;
      }
      detachAfterHeaders(this.server, socket, parser, onDetached);
      return STOP;
    };
    parser.onIncoming = watched;
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
      // As in Go, the owner has the connection even if the handler throws. An error thrown here would break the
      // parser.
      setImmediate(() => {
        throw error;
      });
      return STOP;
    } finally {
      this.#handling = undefined;
    }
  }
}
