// getCurrentSocket: the request's socket without the request, for code that is not handed it. How it gets there: enter-socket.ts.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Socket } from "node:net";
import { Failure } from "../core";
import { enterRequests, shared, staysInResource } from "./enter-socket";
import { refuseCurrentSocket } from "./refuse-runtime";

/**
 * Lets {@link getCurrentSocket} answer, in this process or worker thread, for the requests that begin from now on. Call it when the
 * process starts, before the servers listen; frameworks have a file for that, as `instrumentation.ts` of Next.js. Opt-in, as each
 * request then pays for an `AsyncLocalStorage`. HTTP/2 streams, and from Node 24 on requests and their responses, get an `emit` of
 * their own by it.
 *
 * Source: the diagnostics channels `http.server.request.start` and `http2.server.stream.start`. Node 20 lacks the second one; there
 * a listener is added to HTTP/2 servers when they begin to listen (`tracing:net.server.listen:asyncStart`, Node 20.15).
 *
 * Any number of callers may call it, also from several copies of sockinfo that bundlers made: there is one storage.
 *
 * @returns What takes this one call back (once; again it does nothing). When all are taken back, nothing is paid any more.
 * @throws {SocketInfoError} `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` on Bun and Deno.
 * @example
 * export function register() {
 *   enableCurrentSocket();
 * }
 */
export function enableCurrentSocket(): () => void {
  const failure = refuseCurrentSocket();
  if (failure) throw failure.toError(enableCurrentSocket);
  shared.enabled++;
  if (shared.storage === undefined) {
    shared.storage = new AsyncLocalStorage();
    shared.staysInResource = staysInResource(shared.storage);
  }
  shared.stop ??= enterRequests();
  let isTakenBack = false;
  return () => {
    if (isTakenBack) return;
    isTakenBack = true;
    shared.enabled--;
    if (shared.enabled === 0) disable();
  };
}

function disable(): void {
  shared.stop?.();
  shared.storage?.disable();
  shared.stop = shared.storage = undefined;
}

/**
 * The socket of the connection that brought the request which the running code works for: in its handler and in what that
 * starts, after `await`, in timers and callbacks, and in the listeners of the request and the response. For handlers that are given
 * a web-standard `Request` only, and for code that no request is passed to.
 *
 * For TLS it is the `tls.TLSSocket`, for HTTP/2 the proxy that Node puts before the session's socket, as with `getSocket`.
 * It is given also when the connection has ended. It gets as far as `AsyncLocalStorage` does: a callback that a queue or a pool of
 * connections calls for another request is that request's.
 *
 * @returns `undefined` outside of any request: in what began before it or apart from it, in listeners of the server and of the
 * socket (but for its 'close', which may have it), and in those for `'upgrade'` and `'connect'`, which Node does not report and
 * which are given the socket.
 * @throws {SocketInfoError} `ERR_SOCKINFO_NOT_ENABLED`: {@link enableCurrentSocket} was not called, or all calls are taken back.
 * `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` on Bun and Deno, always.
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
  return Failure.of("ERR_SOCKINFO_NOT_ENABLED", "call enableCurrentSocket() before, once in each thread");
}
