// hijackClientRequest(): takes a connection from Node's HTTP client, by Node's own code for 'upgrade' and 'connect'.
import { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { Failure, otherRuntime, wrongValue } from "../../core";
import { keepErrors } from "../keep-errors";
import { leaveSocketOpen } from "../leave-socket-open";
import type { ClientHijacked } from "../types";
import type { Request, Response } from "./node-client";
import { stopAfterHeaders } from "./stop-after-headers";

/** The requests that hijackClientRequest() was called for, except those that it refused. */
const hijacked = new WeakSet<object>();

/**
 * Takes the connection of a request away from Node's HTTP client and its agent, after the headers of the response.
 * This is for protocols that begin as HTTP and go on as another protocol without an upgrade, such as Docker's
 * `POST /containers/<id>/attach`. Docker's Go client does the same with `clientconn.Hijack()`.
 *
 * Call it before the response comes. It sends nothing: call `request.end()` as always, before or after this call. It
 * accepts any final response, of any status. `head` begins right after the headers, whatever they announce as a body.
 * Interim responses (100, 103) remain events of the request. Listeners for 'response', 'upgrade' and 'connect' are not
 * called.
 *
 * Afterwards the caller owns the connection, without a timeout, and the agent opens another one for waiting requests.
 * After one side has ended its half, the other can go on: call `socket.end()`. If the request was not ended, Node
 * sends what was written before, and later writes fail. Destroying or aborting the request has no effect any more.
 *
 * @param request - The result of `http.request()` or `http.get()`, or of the same functions of `https`, with any
 * agent. Objects that other clients return (axios, got, follow-redirects) are refused.
 * @returns A promise that also rejects with the 'error' of the request. So the request needs no listener for 'error'
 * while the promise is pending. Listeners that exist are called too.
 * @throws {SocketInfoError} As a rejection: `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (Bun,
 * Deno), `ERR_SOCKINFO_HIJACKED` (a second call, or after 'upgrade' or 'connect'), `ERR_SOCKINFO_BYTES_PARSED` (the
 * response has come), `ERR_SOCKINFO_SOCKET_CLOSED` (the request has ended without an 'error').
 * @example
 * const path = "/containers/1/attach?stream=1&stdout=1";
 * const request = http.request({ socketPath: "/var/run/docker.sock", method: "POST", path });
 * request.end();
 * const { response, socket, head } = await hijackClientRequest(request);
 * socket.on("error", (error) => log.error(error));
 * socket.on("end", () => socket.end());
 * if (response.statusCode === 200) socket.unshift(head), socket.pipe(process.stdout);
 * else socket.destroy();
 */
export function hijackClientRequest(request: ClientRequest): Promise<ClientHijacked> {
  const refusal = refuse(request);
  if (refusal) return Promise.reject(refusal.toError(hijackClientRequest));
  hijacked.add(request);
  return new Promise((resolve, reject) => {
    const hijacking = new Hijacking(request as Request, resolve, (reason) => {
      hijacked.delete(request);
      reject(reason instanceof Failure ? reason.toError(hijackClientRequest) : reason);
    });
    hijacking.begin();
  });
}

function refuse(request: unknown): Failure | undefined {
  if (!(request instanceof ClientRequest)) {
    return wrongValue("request", "be an instance of ClientRequest of node:http", request);
  }
  const runtime = otherRuntime();
  if (runtime) return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `${runtime} does not have Node's HTTP client`);
  const { res } = request as Request;
  if (hijacked.has(request) || res?.upgrade === true) return Failure.of("ERR_SOCKINFO_HIJACKED");
  return res
    ? Failure.of("ERR_SOCKINFO_BYTES_PARSED", "call hijackClientRequest() before the response comes")
    : undefined;
}

/** One call, until the connection is handed over or the call is refused. */
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
    if (request.parser) this.#onSocket();
    else if (request.closed) this.#onClose();
    else request.on("socket", this.#onSocket);
  }

  readonly #onSocket = (): void => {
    const failure = stopAfterHeaders(this.#request, () => this.#isSettled, this.#accept);
    if (failure) this.#refuse(failure);
  };

  readonly #accept = (response: Response, socket: Socket, head: Buffer): void => {
    this.#isSettled = true;
    keepErrors(socket);
    keepErrors(this.#request);
    this.#stopListening();
    leaveSocketOpen(response);
    // A stream from `createConnection` may not have this method.
    socket.setTimeout?.(0);
    // Otherwise Node would end our side as soon as the server ends its own.
    (socket as { allowHalfOpen?: boolean }).allowHalfOpen = true;
    this.#resolve({ response, socket, head });
  };

  readonly #refuse = (reason: unknown): void => {
    this.#isSettled = true;
    this.#reject(reason);
    // The caller can't add a listener before the promise's reactions run.
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
