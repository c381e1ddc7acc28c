// enableHijack(): refuses servers and runtimes that can't do it, watches connections, and can be undone.
import type { Server } from "node:http";
import type { Socket, Server as NetServer } from "node:net";
import {
  type Closeable,
  closeOnce,
  Failure,
  otherRuntime,
  httpOf,
  isServer,
  notAServer,
  readOptions,
} from "../../core";
import { type Enabling, HttpConnection } from "./http-connection";
import { findMissing } from "./self-test";

const KINDS = "node:http, https or http2";

/** Options that were removed before 0.1.0, and what to do instead. */
const REMOVED = {
  hold: "call hijack() before anything asynchronous and answer on the socket, or listen to the server's 'upgrade'",
  connect: "listen to the server's 'connect'",
};

const servers = new WeakMap<object, EnabledServer>();

/** The outcome of the self-test. It runs once, because a part that Node lacks does not appear later. */
let unsupported: { readonly reason: string | undefined } | undefined;

/**
 * Allows handlers of `server` to call `hijack()`, for the connections that come from now on. It accepts servers of
 * node:http and node:https. It also accepts servers of node:http2 with `allowHTTP1`, for their HTTP/1 clients. It
 * works on TCP and Unix sockets, and on streams injected by `server.emit("connection", duplex)`. Several libraries may
 * call it for one server.
 *
 * As long as `hijack()` is not called, the server behaves as without this call. Listeners for `'upgrade'` and
 * `'connect'` keep their requests. Node has no interface for hijacking, so sockinfo uses undocumented parts of its
 * HTTP server. The first call in a process checks that this version has them.
 *
 * @returns An object with a `close()` that undoes this call. Once all calls for the server are undone, `hijack()`
 * rejects with `ERR_SOCKINFO_NOT_ENABLED`, on live connections too. Hijacked connections stay with their owners.
 * @throws {SocketInfoError} `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (Bun, Deno, or a Node whose HTTP server works
 * differently; the message says where), `ERR_SOCKINFO_NOT_HIJACKABLE` (an HTTP/2 server without TLS),
 * `ERR_SOCKINFO_INVALID_ARGUMENT` (also for options: there are none).
 * @example
 * const server = http.createServer(app);
 * enableHijack(server);
 */
export function enableHijack(server: NetServer, options: Record<string, never> = {}): Closeable {
  const failure = refuseOptions(options) ?? refuseServer(server) ?? refuseRuntime();
  if (failure) throw failure.toError(enableHijack);
  let enabled = servers.get(server);
  if (!enabled) servers.set(server, (enabled = new EnabledServer(server as Server)));
  return enabled.open();
}

/** From the first `enableHijack()` for a server until all of them are undone. */
class EnabledServer implements Enabling {
  readonly server: Server;
  isClosed = false;
  #openSwitches = 0;

  constructor(server: Server) {
    this.server = server;
    // Node's own listener runs first and makes the parser. With TLS, that happens in 'secureConnection'.
    server.on("connection", this.#watch).on("secureConnection", this.#watch);
  }

  open(): Closeable {
    this.#openSwitches++;
    return closeOnce(() => {
      if (--this.#openSwitches === 0) this.#close();
    });
  }

  #close(): void {
    this.isClosed = true;
    servers.delete(this.server);
    this.server.off("connection", this.#watch).off("secureConnection", this.#watch);
  }

  readonly #watch = (socket: Socket): void => {
    // Another listener of the same event may have undone all calls.
    if (!this.isClosed) new HttpConnection(socket, this).watch({ isIdle: false });
  };
}

function findDifference(): string | undefined {
  const missing = findMissing();
  return missing && `hijacking needs a part of Node's HTTP server that ${process.version} lacks or changed: ${missing}`;
}

function refuseOptions(options: unknown): Failure | undefined {
  const read = readOptions("options", options, {}, REMOVED);
  return read instanceof Failure ? read : undefined;
}

function refuseServer(server: unknown): Failure | undefined {
  // Bun's servers of node:http are not instances of node:net's class.
  if (typeof server !== "object" || server === null) return notAServer(server, KINDS);
  if (otherRuntime()) return undefined;
  const http = isServer(server) ? httpOf(server) : undefined;
  if (http === undefined) return notAServer(server, KINDS);
  if (http !== "h2c") return undefined;
  return Failure.of("ERR_SOCKINFO_NOT_HIJACKABLE", "an HTTP/2 server without TLS has no HTTP/1 clients");
}

function refuseRuntime(): Failure | undefined {
  const runtime = otherRuntime();
  unsupported ??= { reason: runtime ? `${runtime} does not have Node's HTTP server` : findDifference() };
  const { reason } = unsupported;
  return reason === undefined ? undefined : Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", reason);
}
