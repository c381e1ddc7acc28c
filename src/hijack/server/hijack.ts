// hijack(): at which moment the connection is taken, and what happens to request and response. refusals.ts says who
// may.
import { channel } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { Failure, HIJACK_CHANNEL, type HijackMessage } from "../../core";
import type { Hijacked } from "../types";
import { abandonRequest } from "./abandon-request";
import { detachBetweenMessages } from "./detach";
import type { HttpConnection } from "./http-connection";
import { ownSocket } from "./ownership";
import { connectionFor, refuseLate } from "./refusals";
import { mayHaveBody } from "./request-headers";
import { closeResponse, sealResponse } from "./seal-response";

/** The requests whose connection was asked for, unless that was refused. */
const hijacked = new WeakSet<IncomingMessage>();

const hijackings = channel(HIJACK_CHANNEL);

/**
 * Takes the connection of `request` away from its HTTP server: from then on the caller owns it, and may speak any
 * protocol on it. It works in any handler, for any method, without an Upgrade header, as `http.Hijacker` of Go does.
 *
 * **Early**: called before the handler goes on to something asynchronous, it returns exactly the bytes that the client
 * sent after the headers, whatever they are; a body as it is on the wire. The promise resolves after the handler has
 * returned, also where that throws.
 *
 * **Late**: called at any other time, it takes effect one immediate later. It is refused unless the body, if there is
 * one, was read to its end, and the client sent nothing more that Node has parsed. Only line ends (CR, LF) right after
 * the request may be missing then: Node's parser skips them unseen, as RFC 9112 section 2.2 allows.
 *
 * `request` gets an `'error'` if it is still being read. `response` emits `'close'`. From then on its `write()` and
 * `end()` fail with `ERR_SOCKINFO_HIJACKED` (for the callback, for listeners of `'error'`, or else as one warning of
 * the process). `writeHead()`, `flushHeaders()` and `write…()` methods for interim responses throw it.
 *
 * @param request - Node's own: of Fastify `request.raw`, of Koa `ctx.req`, of hapi `request.raw.req`.
 * @param response - The response to it: `reply.raw`, `ctx.res`, `request.raw.res`. Tell the framework, too:
 * `reply.hijack()`, `ctx.respond = false`, `return h.abandon`.
 * @throws {SocketInfoError} As a rejection; the response can be used as before then. `ERR_SOCKINFO_NOT_ENABLED`
 * (`enableHijack()` was not called, or only after the connection had come), `ERR_SOCKINFO_RESPONSE_BEGUN`,
 * `ERR_SOCKINFO_RESPONSE_PENDING` (an earlier, pipelined request is not answered yet), `ERR_SOCKINFO_BYTES_PARSED` (too
 * late, see above), `ERR_SOCKINFO_NOT_HIJACKABLE` (HTTP/2), `ERR_SOCKINFO_HIJACKED` (a second call),
 * `ERR_SOCKINFO_SOCKET_CLOSED` (`cause` is the socket's error, if it had one), `ERR_SOCKINFO_NO_SOCKET`,
 * `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (Bun, Deno).
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
    const settle = (outcome: Hijacked | Failure): void => {
      if (outcome instanceof Failure) reject(outcome.toError(hijack));
      else resolve(outcome);
    };
    // A server with `allowHTTP1` also passes HTTP/2's to handlers. The next step refuses them.
    const [message, answer] = [request as IncomingMessage, response as ServerResponse];
    if (hijacked.has(message)) return settle(Failure.of("ERR_SOCKINFO_HIJACKED", "by an earlier hijack()"));
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
  const { connection, request, response } = hijacking;
  hijacked.add(request);
  if (connection.isHandling(request)) {
    sealResponse(response);
    connection.endHttpAfterHandler((head) =>
      handOver(hijacking, head, mayHaveBody(request, connection.maxHeaderPairs)),
    );
  } else {
    // Microtasks and nextTick callbacks run while Node's parser executes, and it may not be freed then.
    setImmediate(takeLate, hijacking);
  }
}

function takeLate(hijacking: Hijacking): void {
  const { connection, request, response, settle } = hijacking;
  const { socket, server } = connection;
  const failure = refuseLate(connection, request, response);
  if (failure || !socket.parser) {
    hijacked.delete(request);
    return settle(failure ?? Failure.of("ERR_SOCKINFO_SOCKET_CLOSED"));
  }
  // Not before: Node would take a sealed response for a finished one, and close the connection as idle.
  sealResponse(response);
  detachBetweenMessages(server, socket, socket.parser, (head) => handOver(hijacking, head, false));
}

/** Node has given the socket away, except for the response. `head` is `undefined` if Node would not give it away. */
function handOver(hijacking: Hijacking, head: Buffer | undefined, hasUnreadBody: boolean): void {
  const { connection, request, response, settle } = hijacking;
  const { socket } = connection;
  connection.end();
  if (socket._httpMessage === response) response.detachSocket(socket);
  closeResponse(response);
  if (head === undefined) socket.destroy();
  ownSocket({ connection, request, response, hasUnreadBody });
  if (head === undefined || socket.destroyed) {
    return settle(Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", undefined, { cause: socket.errored ?? undefined }));
  }
  abandonRequest(request, hasUnreadBody);
  hijackings.publish({ socket, request } satisfies HijackMessage);
  settle({ socket, head });
}
