// requestHijack: a request of Node's HTTP client → its connection, without the client. Node has a way to let go of a connection, for
// 'upgrade' and 'connect'; any response is led there: by client-before-response.ts before it has come, by client-after-response.ts after.
import { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { Failure, hidingRuntime } from "../core";
import { takeBody } from "./client-after-response";
import type { Request, Response } from "./node-client";
import { stopBehindHeaders } from "./client-before-response";
import type { ClientHijacked } from "./types";

/** Those that are hijacked, or are going to be. */
const hijacked = new WeakSet<object>();

/**
 * Takes the connection of a request away from Node's HTTP client and its agent, after the headers of the response: for protocols
 * that begin as HTTP and go on as something else without an upgrade, such as Docker's `POST /containers/<id>/attach`. What Docker
 * does in Go by `clientconn.Hijack()`.
 *
 * It sends nothing: call `request.end()` as always, before or after. Called before the response has come, it takes whatever
 * response comes, of any status, and `head` begins right behind the headers, whatever they say of a body. Interim responses (100,
 * 103) are none, and stay events of the request. The listeners of 'response', 'upgrade' and 'connect' are not called.
 *
 * Called with the response, in a listener of 'response' that has seen the status, or later, it takes the connection if nothing of
 * the body is lost by then: the body has no `Transfer-Encoding`, has not come to its end, and nobody has begun to read it. With
 * chunks, with a short body and without one (204, 304, HEAD), call it before. A refusal leaves the response as it was.
 *
 * After it, the connection is the caller's, without a timeout, and the agent opens another one for requests that wait. After
 * `socket.end()` it can be read on; when the peer ends it, so does Node, as with any client. A request that is not ended stays
 * so: what it has written is sent, what is written to it from now on is dropped, with `ERR_STREAM_DESTROYED` for the callback of
 * `write()`. To destroy or abort it has no effect any more.
 *
 * @param request - What `http.request()`, `http.get()` and those of `https` give, with any agent. Not the objects that other
 * clients (axios, got, follow-redirects) make of it.
 * @returns A promise that also rejects with the 'error' of the request, in the place of a listener: while it is pending, no other
 * is needed. One that is there is called, too.
 * @throws {SocketInfoError} As the promise's rejection: `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (Bun,
 * Deno), `ERR_SOCKINFO_HIJACKED` (the second call, or after 'upgrade' or 'connect'), `ERR_SOCKINFO_BYTES_PARSED` (of the response
 * too much has been read as HTTP), `ERR_SOCKINFO_SOCKET_CLOSED` (it ended, and not by an 'error' of the request).
 * @example
 * const request = http.request({ socketPath: "/var/run/docker.sock", method: "POST", path: "/containers/1/attach?stream=1&stdout=1" });
 * request.end();
 * const { response, socket, head } = await requestHijack(request);
 * socket.on("error", (error) => log.error(error));
 * if (response.statusCode === 200) socket.unshift(head), socket.pipe(process.stdout);
 * else socket.destroy();
 */
export function requestHijack(request: ClientRequest): Promise<ClientHijacked> {
  const refusal = refuse(request);
  if (refusal) return Promise.reject(refusal.toError(requestHijack));
  hijacked.add(request);
  return new Promise((resolve, reject) => {
    const hijacking = new Hijacking(request as Request, resolve, (reason) => {
      hijacked.delete(request);
      reject(reason instanceof Failure ? reason.toError(requestHijack) : reason);
    });
    hijacking.begin();
  });
}

function refuse(request: unknown): Failure | undefined {
  if (!(request instanceof ClientRequest)) {
    return Failure.ofArgument("not a ClientRequest of node:http");
  }
  const runtime = hidingRuntime();
  if (runtime) return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `${runtime}'s HTTP client has no parser to stop`);
  return hijacked.has(request) ? Failure.of("ERR_SOCKINFO_HIJACKED") : undefined;
}

/** One request, until its connection is handed over or can't be. */
class Hijacking {
  readonly #request: Request;
  readonly #resolve: (result: ClientHijacked) => void;
  readonly #reject: (reason: unknown) => void;
  #isSettled = false;

  constructor(request: Request, resolve: (result: ClientHijacked) => void, reject: (reason: unknown) => void) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    const request = this.#request;
    request.on("error", this.#refuse).on("close", this.#onClose);
    if (request.res) this.#check(takeBody(request, request.res, this.#accept, this.#refuse));
    else if (request.parser) this.#onSocket();
    else if (request.closed) this.#onClose();
    else request.on("socket", this.#onSocket);
  }

  readonly #onSocket = (): void => {
    this.#check(stopBehindHeaders(this.#request, () => this.#isSettled, this.#accept));
  };

  #check(failure: Failure | undefined): void {
    if (failure) this.#refuse(failure);
  }

  readonly #accept = (response: Response, socket: Socket, head: Buffer): void => {
    this.#isSettled = true;
    this.#stopListening();
    // An IncomingMessage that is destroyed before it was read to its end destroys its socket.
    response._destroy = (error, done) => done(error);
    // A stream of `createConnection` need not have one.
    if (typeof socket.setTimeout === "function") socket.setTimeout(0);
    this.#resolve({ response, socket, head });
  };

  readonly #refuse = (reason: unknown): void => {
    this.#isSettled = true;
    this.#reject(reason);
    // An 'error' that follows at once can't have a listener by then of those who wait for the promise.
    process.nextTick(() => this.#stopListening());
  };

  readonly #onClose = (): void => {
    const isTaken = this.#request.res?.upgrade === true;
    this.#refuse(Failure.of(isTaken ? "ERR_SOCKINFO_HIJACKED" : "ERR_SOCKINFO_SOCKET_CLOSED"));
  };

  #stopListening(): void {
    this.#request.off("error", this.#refuse).off("close", this.#onClose).off("socket", this.#onSocket);
  }
}
