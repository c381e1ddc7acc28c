// getCurrentSocket: the socket of the current request, for code that does not get the request as an argument.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Socket } from "node:net";
import { type Closeable, closeOnce, Failure } from "../core";
import { enterRequests, shared, staysInResource } from "./enter-socket";
import { refuseCurrentSocket } from "./refuse-runtime";

/**
 * Makes {@link getCurrentSocket} work in this process or worker thread, for requests that begin after the call. Call
 * it when the process starts, before the servers listen. Frameworks have a file for that, such as `instrumentation.ts`
 * in Next.js.
 *
 * It is opt-in because each request then pays for an `AsyncLocalStorage`. It also replaces `emit` on HTTP/2 streams,
 * and from Node 24 on requests and responses too.
 *
 * Source: the diagnostics channels `http.server.request.start` and `http2.server.stream.start`. Node 20 lacks the
 * second one, so there sockinfo adds a listener to HTTP/2 servers when they begin to listen. Node reports that since
 * 20.15 (`tracing:net.server.listen:asyncStart`).
 *
 * Several parts of a program may call it, and so may several copies of sockinfo that bundlers made. They share one
 * storage.
 *
 * @returns An object with a `close()` that undoes this call. After the last `close()` new requests pay nothing, and
 * `getCurrentSocket()` throws as before the first call. Requests that are in flight then keep their own `emit`, which
 * only calls Node's.
 * @throws {SocketInfoError} `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` on Bun and Deno.
 * @example
 * export function register() {
 *   enableCurrentSocket();
 * }
 */
export function enableCurrentSocket(): Closeable {
  const failure = refuseCurrentSocket();
  if (failure) throw failure.toError(enableCurrentSocket);
  shared.openCalls++;
  if (shared.storage === undefined) {
    shared.storage = new AsyncLocalStorage();
    shared.staysInResource = staysInResource(shared.storage);
  }
  shared.stop ??= enterRequests();
  return closeOnce(() => {
    if (--shared.openCalls === 0) disable();
  });
}

function disable(): void {
  shared.stop?.();
  shared.storage?.disable();
  shared.stop = shared.storage = undefined;
}

/**
 * The socket of the request that started the running code. A request's handler has it, and so has all that
 * the handler starts: code after `await`, timers, callbacks, and listeners of the request and the response. It is
 * meant for handlers that get only a web-standard `Request`, and for code that gets no request as an argument.
 *
 * For TLS it is the `tls.TLSSocket`. For HTTP/2 it is the proxy that Node puts in front of the session's socket, as
 * with `getSocket`. It is returned even after the connection has ended. It has the limits of `AsyncLocalStorage`: when
 * a queue or a connection pool calls a callback on behalf of another request, the callback has that request's socket.
 *
 * @returns `undefined` outside of any request: in code that began before the request or independently of it, and in
 * listeners of the server and the socket (although `'close'` of the socket may have a result). Also in listeners for
 * `'upgrade'` and `'connect'`, because Node does not report such requests. Those listeners get the socket as an
 * argument.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_ENABLED`: {@link enableCurrentSocket} was not called, or all its calls
 * are closed. `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` on Bun and Deno, always.
 * @example
 * export function GET() {
 *   const socket = getCurrentSocket();
 *   return Response.json({ rttMs: socket && tryGetTcpInfo(socket)?.rttMs });
 * }
 */
export function getCurrentSocket(): Socket | undefined {
  const failure = refuseCurrentSocket() ?? refuseDisabled();
  if (failure) throw failure.toError(getCurrentSocket);
  return shared.storage?.getStore();
}

function refuseDisabled(): Failure | undefined {
  if (shared.storage) return undefined;
  return Failure.of("ERR_SOCKINFO_NOT_ENABLED", "call enableCurrentSocket() first, once in each thread");
}
