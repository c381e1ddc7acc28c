// hijack(): takes the connection at the right moment, and ends its request and response. refusals.ts has the
// conditions.
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
import { markResponseClosed, sealResponse } from "./seal-response";

/** The requests that hijack() was called for, except those that it refused. */
const hijacked = new WeakSet<IncomingMessage>();

const hijackings = channel(HIJACK_CHANNEL);

/**
 * Takes the connection of `request` away from its HTTP server. From then on the caller owns it, and may speak any
 * protocol on it. It works in any handler, for any method, without an Upgrade header, as `http.Hijacker` of Go does.
 *
 * **Early**: called before the handler goes on to something asynchronous, it returns exactly the bytes that the client
 * sent after the headers, whatever they are. A body comes as it is on the wire. The promise resolves after the handler
 * has returned, even if the handler throws.
 *
 * **Late**: called at any other time, it takes effect one immediate later. It is refused if a body was not read to its
 * end, or if Node has parsed something that the client sent after the request. Only line ends (CR, LF) right after the
 * request may be missing then: Node's parser skips them without a trace, as RFC 9112 section 2.2 allows.
 *
 * `request` emits an `'error'` if it is still being read. `response` emits `'close'`. From then on its `write()` and
 * `end()` fail with `ERR_SOCKINFO_HIJACKED`: the callback and the listeners of `'error'` get it. Without either, the
 * process warns once. `writeHead()`, `flushHeaders()` and the `write…()` methods for interim responses throw it.
 *
 * @param request - Node's own request: `request.raw` in Fastify, `ctx.req` in Koa, `request.raw.req` in hapi.
 * @param response - Node's own response to it: `reply.raw`, `ctx.res`, `request.raw.res`. Also keep the framework from
 * answering: `reply.hijack()`, `ctx.respond = false`, `return h.abandon`.
 * @throws {SocketInfoError} As a rejection, after which the response can be used as before. `ERR_SOCKINFO_NOT_ENABLED`
 * (`enableHijack()` was not called before the connection came, or was undone), `ERR_SOCKINFO_RESPONSE_BEGUN`,
 * `ERR_SOCKINFO_RESPONSE_PENDING` (an earlier, pipelined request is not answered yet), `ERR_SOCKINFO_BYTES_PARSED`
 * (too late, see above), `ERR_SOCKINFO_NOT_HIJACKABLE` (HTTP/2), `ERR_SOCKINFO_HIJACKED` (a second call),
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
    // On a server with `allowHTTP1`, handlers also get requests of HTTP/2. connectionFor() refuses them.
    const [message, answer] = [request as IncomingMessage, response as ServerResponse];
    if (hijacked.has(message)) return settle(Failure.of("ERR_SOCKINFO_HIJACKED", "an earlier hijack() has taken it"));
    const connection = connectionFor(message, answer);
    if (connection instanceof Failure) settle(connection);
    else take({ connection, request: message, response: answer, settle });
  });
}

/** A call of `hijack()` that was not refused at once. */
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
    // Microtasks and nextTick callbacks run while Node's parser executes, and Node must not free the parser meanwhile.
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
  // Sealed earlier, the response would look finished to Node, which would close the connection as idle.
  sealResponse(response);
  detachBetweenMessages(server, socket, socket.parser, (head) => handOver(hijacking, head, false));
}

/**
 * Called once Node has handed the socket over, except for the response. `head` is `undefined` if Node did not do so.
 */
function handOver(hijacking: Hijacking, head: Buffer | undefined, hasUnreadBody: boolean): void {
  const { connection, request, response, settle } = hijacking;
  const { socket } = connection;
  connection.forgetParser();
  if (socket._httpMessage === response) {
    // In Node 20, a response that is corked corks its socket.
    while (response.writableCorked > 0) response.uncork();
    response.detachSocket(socket);
  }
  markResponseClosed(response);
  if (head === undefined) socket.destroy();
  ownSocket({ connection, request, response, hasUnreadBody });
  if (head === undefined || socket.destroyed) {
    return settle(Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", undefined, { cause: socket.errored ?? undefined }));
  }
  abandonRequest(request, hasUnreadBody);
  hijackings.publish({ socket, request } satisfies HijackMessage);
  settle({ socket, head });
}
