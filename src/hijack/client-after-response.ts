// After the response has come: the parser is in its body, and what it makes of it is collected. A body without chunks is made of
// the connection's own bytes. So they are given back, and it is as if the parser had stopped behind the headers.
import { Failure } from "../core";
import { type BodyTaker, dataListenerOf, endListenerOf, type Parser, type Request, type Response } from "./node-client";
import { noBytes, takeBuffered } from "./node-parser";
import { type Taker, takeUpgrade } from "./client-before-response";

/** Takes the connection under a response, at the end of this tick at the latest. */
export function takeBody(
  request: Request,
  response: Response,
  take: Taker,
  refuse: (failure: Failure) => void,
): Failure | undefined {
  const { parser, socket } = request;
  if (response.upgrade) return Failure.of("ERR_SOCKINFO_HIJACKED", "by a listener of 'upgrade' or 'connect'");
  if (!socket || socket.destroyed) return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
  if (!parser) return Failure.of("ERR_SOCKINFO_BYTES_PARSED", "the response is complete");
  if (response.headers["transfer-encoding"] !== undefined) {
    return Failure.of("ERR_SOCKINFO_BYTES_PARSED", "the response has a Transfer-Encoding");
  }
  if (isBeingRead(response)) return Failure.of("ERR_SOCKINFO_BYTES_PARSED", "the response is being read");
  const onData = dataListenerOf(socket);
  const onEnd = endListenerOf(response);
  if (!onData || !onEnd) {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", "this Node's HTTP client has other listeners");
  }
  const collector = new Collector(request, parser, response, (outcome) => {
    if (outcome instanceof Failure) return refuse(outcome);
    // Node has put the collector there.
    request.res = response;
    response.off("end", onEnd);
    response.complete = true;
    response.push(null);
    return take(response, socket, outcome);
  });
  parser.incoming = collector;
  // Inside of the parser, as in a listener of 'response', the connection is let go of when the parser returns. Otherwise nothing
  // might come that calls it.
  process.nextTick(() => {
    if (parser.incoming === collector) onData.call(socket, noBytes());
  });
  return undefined;
}

/** Whether bytes of the body may have gone to somebody, or will before anyone can stop it. */
function isBeingRead(response: Response): boolean {
  const { readableDidRead, readableEncoding, readableFlowing } = response;
  return readableDidRead || readableFlowing === true || readableEncoding !== null || response.listenerCount("data") > 0;
}

/** In the place of the response, gets its body from the parser. */
class Collector implements BodyTaker {
  complete = false;
  readonly #pieces: Buffer[];
  readonly #request: Request;
  readonly #parser: Parser;
  readonly #response: Response;
  readonly #settle: (outcome: Buffer | Failure) => void;
  #isLetGo = false;

  constructor(request: Request, parser: Parser, response: Response, settle: (outcome: Buffer | Failure) => void) {
    this.#request = request;
    this.#parser = parser;
    this.#response = response;
    this.#settle = settle;
    this.#pieces = response.readableLength > 0 ? [takeBuffered(response)] : [];
  }

  /** Asked by Node as soon as the parser has returned, and the answer lets go of the connection. */
  get upgrade(): boolean {
    this.#isLetGo = true;
    takeUpgrade(this.#request, (_, __, rest) => this.#settle(Buffer.concat([...this.#pieces, rest])));
    return true;
  }

  push(piece: Buffer | null): boolean {
    if (piece) this.#pieces.push(piece);
    else if (!this.#isLetGo) this.#giveBack();
    return true;
  }

  /** The body has come to its end before: what may follow is read as another response, so everything stays HTTP. */
  #giveBack(): void {
    this.#parser.incoming = this.#response;
    this.#response.complete = true;
    for (const piece of this.#pieces) this.#response.push(piece);
    this.#response.push(null);
    this.#settle(Failure.of("ERR_SOCKINFO_BYTES_PARSED", "the response is complete"));
  }
}
