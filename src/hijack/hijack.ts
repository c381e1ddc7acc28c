// hijack(): at which moment the connection is taken, and what becomes of request and response. Who may: refusals.ts.
import { channel } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { Failure, HIJACK_CHANNEL, type HijackMessage } from "../core";
import type { HttpConnection } from "./http-connection";
import { detachHere } from "./detach";
import { connectionFor } from "./refusals";
import { noteHijacked } from "./release";
import { closeResponse, retireRequest, sealResponse, unsealResponse } from "./retire";
import type { Hijacked } from "./types";
import { takeParsedBody } from "./parsed-body";

/** What to do about it. */
const TOO_LATE = "call hijack() before anything asynchronous, or see the option hold of enableHijack()";

/** What Node has left of a connection: `head` is `undefined` if it would not let go. */
interface Taking {
  readonly head: Buffer | undefined;
  /** Whether the body, if there was one, has gone to whoever reads it. */
  readonly isRead: boolean;
}

/** The requests that have asked, and were not refused. */
const taken = new WeakSet<IncomingMessage>();

const hijackings = channel(HIJACK_CHANNEL);

/**
 * Takes the connection of `request` away from its HTTP server: from then on it belongs to the caller, who speaks what he likes on
 * it, and closes it. As `http.Hijacker` of Go: in any handler, for any method, without an Upgrade header.
 *
 * Called before the handler goes on to something asynchronous, it gives exactly what the client has sent, whatever that is; the
 * promise is fulfilled when the handler has returned. Called later, it does so for what `enableHijack()` was told to `hold`, and
 * for clients that wait for an answer, as most do. Where one did not, and the server has parsed what it sent, this refuses. Only line
 * ends (CR, LF) right behind the request may be missing then: Node's parser skips them, as RFC 9112 section 2.2 allows, and does not tell.
 *
 * What has not been read of a body is in `head`, and comes from the socket, as it is on the wire; who reads `request` meanwhile gets
 * an error. `response` emits `'close'`. From then on its `write()` and `end()` fail with `ERR_SOCKINFO_HIJACKED` (the callback's, that
 * of `'error'`, or else a warning of the process, once), and `writeHead()` and other methods for headers throw it.
 *
 * @param request - Node's own: of Fastify `request.raw`, of Koa `ctx.req`, of hapi `request.raw.req`.
 * @param response - The response to it: `reply.raw`, `ctx.res`, `request.raw.res`. Tell the framework, too: `reply.hijack()`,
 * `ctx.respond = false`, `return h.abandon`.
 * @throws {SocketInfoError} As the promise's rejection; the response can be used as before then. `ERR_SOCKINFO_NOT_ENABLED`
 * (`enableHijack()` was not called, or after the connection had come), `ERR_SOCKINFO_RESPONSE_BEGUN`,
 * `ERR_SOCKINFO_RESPONSE_PENDING` (of an earlier, pipelined request), `ERR_SOCKINFO_BYTES_PARSED` (too late, see above),
 * `ERR_SOCKINFO_NOT_HIJACKABLE` (HTTP/2), `ERR_SOCKINFO_HIJACKED` (a second time), `ERR_SOCKINFO_SOCKET_CLOSED`,
 * `ERR_SOCKINFO_NO_SOCKET`, `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (Bun, Deno).
 * @example
 * const { socket, head } = await hijack(req, res);
 * socket.on("error", () => {});
 * socket.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
 * socket.unshift(head);
 * socket.pipe(socket);
 */
export function hijack(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
): Promise<Hijacked> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: Hijacked | Failure) => {
      if (outcome instanceof Failure) reject(outcome.toError(hijack));
      else resolve(outcome);
    };
    // Those of HTTP/2, which handlers of a server with `allowHTTP1` may get, too, are refused in the next step.
    const [message, answer] = [request as IncomingMessage, response as ServerResponse];
    if (taken.has(message)) return settle(Failure.of("ERR_SOCKINFO_HIJACKED", "by an earlier hijack()"));
    const connection = connectionFor(message, answer);
    if (connection instanceof Failure) settle(connection);
    else take({ connection, request: message, response: answer, settle });
  });
}

/** One call of `hijack()` that was not refused at once. */
interface Hijacking {
  readonly connection: HttpConnection;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly settle: (outcome: Hijacked | Failure) => void;
}

function take(hijacking: Hijacking): void {
  const { connection, request, response, settle } = hijacking;
  taken.add(request);
  sealResponse(response);
  if (connection.isHandling(request)) {
    return connection.endBehindHeaders((head) => handOver(hijacking, { head, isRead: false }));
  }
  // The caller may be in the middle of what reads the body, as who listens to the data of `request` is.
  process.nextTick(() => {
    const failure = takeLate(hijacking);
    if (failure === undefined) return;
    taken.delete(request);
    unsealResponse(response);
    settle(failure);
  });
}

/** What has come of the body is in `request`, and more may have been parsed than was asked for. */
function takeLate(hijacking: Hijacking): Failure | undefined {
  const { connection, request } = hijacking;
  const { socket, server, held } = connection;
  if (socket.destroyed) return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
  const isRead = request.complete && request.readableLength === 0;
  if (request.readableLength > 0 && request.readableEncoding) {
    return Failure.of("ERR_SOCKINFO_BYTES_PARSED", "setEncoding() of the request leaves no bytes, only text");
  }
  if (held?.hasFailed) return Failure.of("ERR_SOCKINFO_BYTES_PARSED", "the body was refused");
  if (held) {
    handOver(hijacking, { head: held.letGo(), isRead });
    return undefined;
  }
  if (!socket.parser || !connection.isLast(request)) return Failure.of("ERR_SOCKINFO_BYTES_PARSED", TOO_LATE);
  const unread = takeParsedBody(request, server.framingOf(request));
  if (unread instanceof Failure) return unread;
  detachHere(server.server, socket, socket.parser, (rest) => {
    handOver(hijacking, { head: rest && Buffer.concat([unread, rest]), isRead });
  });
  return undefined;
}

/** Nothing of HTTP is on the socket any more, but the response that has waited for its turn. */
function handOver({ connection, request, response, settle }: Hijacking, { head, isRead }: Taking): void {
  const { socket, server } = connection;
  if (socket._httpMessage === response) response.detachSocket(socket);
  closeResponse(response);
  if (head === undefined) socket.destroy();
  if (head === undefined || socket.destroyed) return settle(Failure.of("ERR_SOCKINFO_SOCKET_CLOSED"));
  retireRequest(request, isRead, server.hasBody(request));
  // Those of the server; an injected Duplex need not have any.
  socket.setTimeout?.(0);
  noteHijacked(socket, server);
  hijackings.publish({ socket, request } satisfies HijackMessage);
  settle({ socket, head });
}
