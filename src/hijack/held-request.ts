// A request behind whose headers the parser was stopped, in case that it is hijacked late. Until it is, or is answered after all,
// it and its response work as ever: Node's own listeners for the response stay, and the body is read here.
import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpConnection } from "./http-connection";
import { type Framing, MessageBody } from "./message-body";
import { pauseHandle, resumeHandle, stopFlow } from "./node-server";

/** For what becomes of a response Node listens to these on the socket. */
const EVENTS = ["close", "drain", "error", "timeout"] as const;

/** Of a body in chunks, whose framing may be many times its data. */
const MOST_KEPT_BYTES = 1024 * 1024;

type Listener = Parameters<EventEmitter["on"]>[1];

export class HeldRequest {
  readonly #connection: HttpConnection;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #body: MessageBody;
  /** Those of Node that go with HTTP. */
  #listeners: readonly { readonly event: string; readonly listener: Listener; readonly original: Listener }[];
  #timer: NodeJS.Timeout | undefined;
  #isAnswered = false;
  #hasFailed = false;
  /** What came behind the request. */
  #leftover: Buffer = Buffer.alloc(0);

  /** To be made while HTTP is on the socket still. */
  constructor(connection: HttpConnection, request: IncomingMessage, response: ServerResponse, framing: Framing) {
    this.#connection = connection;
    this.#request = request;
    this.#response = response;
    const { socket, server } = connection;
    this.#body = new MessageBody(framing, server.trailerLimits);
    this.#listeners = EVENTS.flatMap((event) => {
      return (socket.listeners(event) as Listener[]).map((listener) => {
        return {
          event,
          listener: listener.name === "socketOnTimeout" ? this.#onTimeout : listener,
          original: listener,
        };
      });
    });
  }

  /** When HTTP is off it. `segment` is what came behind the headers; `undefined` if Node would not let go. */
  begin(segment: Buffer | undefined): void {
    const { socket } = this.#connection;
    if (segment === undefined) return void socket.destroy();
    this.#listeners = this.#listeners.filter(({ event, original }) => !socket.listeners(event).includes(original));
    // In front of those of the response, as they were: a request is aborted before its response is closed.
    for (const { event, listener } of this.#listeners.toReversed()) socket.prependListener(event, listener);
    socket.on("close", this.#stop);
    this.#response.once("finish", this.#onFinish);
    socket.on("end", this.#onEnd);
    this.#read(segment);
    if (this.#body.isComplete || this.#hasFailed) return;
    socket.on("data", this.#read);
    this.#limitTime();
  }

  /** Its body was refused, and Node has answered or a listener of 'clientError' will: there is no exact head any more. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** For who hijacks it: what has come and was not read. Nothing is on the socket after it but the response. */
  letGo(): Buffer {
    this.#stop();
    const { readableLength, readableEnded } = this.#request;
    return Buffer.concat([this.#body.head(readableLength, readableEnded), this.#leftover]);
  }

  readonly #read = (segment: Buffer): void => {
    const request = this.#request;
    const length = this.#body.read(segment, (data) => {
      if (!request.push(data)) this.#connection.socket.pause();
    });
    if (length instanceof Error) return this.#fail(length);
    if (this.#body.isComplete) return this.#end(segment.subarray(length));
    this.#body.forget(request.readableLength);
    // What its reader takes next makes it flow again.
    if (request.readableLength > 0 && this.#body.keptBytes > MOST_KEPT_BYTES) this.#connection.socket.pause();
  };

  #end(leftover: Buffer): void {
    this.#leftover = leftover;
    this.#stopReading();
    // So that the client's end, if it comes, does so behind them, for whoever has the connection then.
    if (leftover.length > 0) pauseHandle(this.#connection.socket);
    this.#request.complete = true;
    addTrailers(this.#request, this.#body.rawTrailers);
    this.#request.push(null);
    if (this.#isAnswered) this.#giveBack();
  }

  /** The client has ended its half. As Node does: end ours, too, unless the server has `httpAllowHalfOpen`. */
  readonly #onEnd = (): void => {
    const { socket, server } = this.#connection;
    const error = this.#hasFailed ? undefined : this.#body.end();
    if (error) this.#fail(error);
    else if (server.allowsHalfOpen) (this.#response as { _last?: boolean })._last = true;
    else socket.end();
  };

  /** As Node's own, which looks for the request at the parser. */
  readonly #onTimeout = (): void => {
    const { socket, server } = this.#connection;
    const request = !this.#request.complete && this.#request.emit("timeout", socket);
    const response = socket._httpMessage?.emit("timeout", socket);
    if (!server.server.emit("timeout", socket) && !request && !response) socket.destroy();
  };

  /** After Node's own, which has taken the response off the socket and, if it was the last, has ended that. */
  readonly #onFinish = (): void => {
    this.#isAnswered = true;
    if (this.#body.isComplete) this.#giveBack();
  };

  /** The answer was not to hijack: the server goes on with what follows. */
  #giveBack(): void {
    const { socket, server } = this.#connection;
    this.#stop();
    if (!socket.destroyed && !socket.writableEnded) server.giveBack(socket, this.#leftover);
  }

  readonly #stop = (): void => {
    const { socket } = this.#connection;
    this.#connection.held = undefined;
    this.#stopReading();
    resumeHandle(socket);
    this.#response.off("finish", this.#onFinish);
    socket.off("end", this.#onEnd);
    socket.off("close", this.#stop);
    for (const { event, listener } of this.#listeners) socket.off(event, listener);
  };

  #stopReading(): void {
    const { socket } = this.#connection;
    clearTimeout(this.#timer);
    socket.off("data", this.#read);
    stopFlow(socket);
  }

  /** As Node, which has lost sight of it. */
  #limitTime(): void {
    const { requestTimeout } = this.#connection.server.server;
    if (!requestTimeout) return;
    this.#timer = setTimeout(() => this.#fail(timeoutError()), Math.min(requestTimeout, 2 ** 31 - 1));
    this.#timer.unref();
  }

  /** By Node's own way with errors of clients: 'clientError', or an answer of its own. */
  #fail(error: Error): void {
    const { socket } = this.#connection;
    this.#hasFailed = true;
    this.#stopReading();
    const { listener } = this.#listeners.find(({ event }) => event === "error") ?? {};
    if (listener) listener.call(socket, error);
    else socket.destroy(error);
    // A listener of 'clientError' that only ends its half waits for the client's, behind all that comes.
    socket.resume();
  }
}

/** Node's own, by which it tells which answer to give. */
function timeoutError(): Error {
  return Object.assign(new Error("Request timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
}

/** As Node's parser does when the message is complete. */
function addTrailers(request: IncomingMessage, rawTrailers: string[]): void {
  if (rawTrailers.length === 0) return;
  (request as { _addHeaderLines?: (raw: string[], count: number) => void })._addHeaderLines?.(
    rawTrailers,
    rawTrailers.length,
  );
}
