// A request behind whose headers the parser was stopped, in case that it is hijacked late. Until it is, or is answered after all,
// it and its response work as ever: Node's own listeners for the response stay, and the body is read here.
import type { EventEmitter } from "node:events";
import { maxHeaderSize, type IncomingMessage, type ServerResponse } from "node:http";
import type { HttpConnection } from "./connection";
import { framingOf, MessageBody } from "./message-body";
import { stopFlow } from "./node-parser";

/** For what becomes of a response Node listens to these on the socket. */
const EVENTS = ["close", "drain", "error", "timeout"] as const;

type Listener = Parameters<EventEmitter["on"]>[1];

export class HeldRequest {
  readonly #connection: HttpConnection;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #body: MessageBody;
  /** Those of Node that go with HTTP. */
  #listeners: readonly { readonly event: string; readonly listener: Listener }[];
  #timer: NodeJS.Timeout | undefined;
  #isAnswered = false;
  /** What came behind the request. */
  #leftover: Buffer = Buffer.alloc(0);

  /** To be made while HTTP is on the socket still. */
  constructor(connection: HttpConnection, request: IncomingMessage, response: ServerResponse) {
    this.#connection = connection;
    this.#request = request;
    this.#response = response;
    const { maxHeaderSize: maxTrailerBytes = maxHeaderSize } = connection.server.server as { maxHeaderSize?: number };
    this.#body = new MessageBody(framingOf(request), { maxTrailerBytes });
    const { socket } = connection;
    this.#listeners = EVENTS.flatMap((event) => {
      return (socket.listeners(event) as Listener[]).map((listener) => ({ event, listener }));
    });
  }

  /** When HTTP is off it. `segment` is what came behind the headers; `undefined` if Node would not let go. */
  begin(segment: Buffer | undefined): void {
    const { socket } = this.#connection;
    if (segment === undefined) return void socket.destroy();
    this.#listeners = this.#listeners.filter(({ event, listener }) => !socket.listeners(event).includes(listener));
    for (const { event, listener } of this.#listeners) socket.on(event, listener);
    this.#response.once("finish", this.#onFinish);
    this.#read(segment);
    if (this.#body.isComplete) return;
    socket.on("data", this.#read);
    socket.on("end", this.#onEnd);
    this.#limitTime();
  }

  /** For who hijacks it: what has come and was not read. Nothing is on the socket after it but the response. */
  letGo(): Buffer {
    this.#stop();
    return Buffer.concat([this.#body.rawFrom(this.#request.readableLength), this.#leftover]);
  }

  readonly #read = (segment: Buffer): void => {
    const { socket } = this.#connection;
    const result = this.#body.read(segment, (data) => {
      if (!this.#request.push(data)) socket.pause();
    });
    if (result instanceof Error) return this.#fail(result);
    if (!this.#body.isComplete) return;
    this.#leftover = segment.subarray(result);
    this.#stopReading();
    const { rawTrailers } = this.#body;
    this.#request.complete = true;
    addTrailers(this.#request, rawTrailers);
    this.#request.push(null);
    if (this.#isAnswered) this.#giveBack();
  };

  /** Of the client's half, in the middle of the body. */
  readonly #onEnd = (): void => {
    this.#fail(nodeError("Parse Error: Invalid EOF state", "HPE_INVALID_EOF_STATE"));
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
    if (!socket.destroyed && !socket.writableEnded) server.giveBack(socket, this.#leftover, true);
  }

  #stop(): void {
    const { socket } = this.#connection;
    this.#connection.held = undefined;
    this.#stopReading();
    this.#response.off("finish", this.#onFinish);
    for (const { event, listener } of this.#listeners) socket.off(event, listener);
  }

  #stopReading(): void {
    const { socket } = this.#connection;
    clearTimeout(this.#timer);
    socket.off("data", this.#read);
    socket.off("end", this.#onEnd);
    stopFlow(socket);
  }

  /** As Node, which has lost sight of it. */
  #limitTime(): void {
    const { requestTimeout } = this.#connection.server.server;
    if (!requestTimeout) return;
    this.#timer = setTimeout(
      () => this.#fail(nodeError("Request timeout", "ERR_HTTP_REQUEST_TIMEOUT")),
      requestTimeout,
    );
    this.#timer.unref();
  }

  /** By Node's own way with errors of clients: 'clientError', or an answer of its own. */
  #fail(error: Error): void {
    const { socket } = this.#connection;
    this.#stopReading();
    const { listener } = this.#listeners.find(({ event }) => event === "error") ?? {};
    if (listener) listener.call(socket, error);
    else socket.destroy(error);
  }
}

function nodeError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

/** As Node's parser does when the message is complete. */
function addTrailers(request: IncomingMessage, rawTrailers: string[]): void {
  if (rawTrailers.length === 0) return;
  (request as { _addHeaderLines?: (raw: string[], count: number) => void })._addHeaderLines?.(
    rawTrailers,
    rawTrailers.length,
  );
}
