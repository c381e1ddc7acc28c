// enableHijack(): on which servers, and whether this runtime can.
import type { Server } from "node:http";
import { Server as NetServer } from "node:net";
import { Failure, hidingRuntime, httpOf } from "../core";
import { findMissing } from "./self-test";
import { HijackableServer } from "./hijackable-server";
import type { EnableHijackOptions } from "./types";

const NOT_A_SERVER =
  "not a server of node:http, https or http2, which is fastify.server, or what listen() of Express and Koa gives";

const servers = new WeakMap<object, HijackableServer>();

/** Tried once: what is missing is missing for good. */
let unsupported: { readonly reason: string | undefined } | undefined;

/**
 * Lets handlers of `server` take connections over with `hijack()`: those that come from now on. For servers of node:http and
 * node:https, and for those of node:http2 with `allowHTTP1`, as far as their clients speak HTTP/1; on TCP and Unix sockets, and for
 * what is injected by `server.emit("connection", duplex)`. Several libraries may call it on one server, each with its options.
 *
 * No listener of yours for `'upgrade'` or `'connect'` is concerned. Node has no interface for this: sockinfo uses what is inside of its
 * HTTP server, and tries here, once in a process, whether this version has it.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` (Bun, Deno, or a Node that has changed inside; the message says
 * where), `ERR_SOCKINFO_NOT_HIJACKABLE` (an HTTP/2 server without TLS), `ERR_SOCKINFO_INVALID_ARGUMENT`.
 * @example
 * const server = http.createServer(app);
 * enableHijack(server);
 */
export function enableHijack(server: NetServer, options: EnableHijackOptions = {}): void {
  const failure = refusal(server, options);
  if (failure) throw failure.toError(enableHijack);
  let hijackable = servers.get(server);
  if (!hijackable) {
    // Of the same methods and events, as far as they are used here.
    hijackable = new HijackableServer(server as Server);
    servers.set(server, hijackable);
  }
  hijackable.add(options);
}

function refusal(server: unknown, options: unknown): Failure | undefined {
  const { hold, connect } = (options ?? {}) as Record<keyof EnableHijackOptions, unknown>;
  if (typeof options !== "object" || options === null) return Failure.ofArgument("options is not an object");
  if (hold !== undefined && typeof hold !== "function") return Failure.ofArgument("options.hold is not a function");
  if (connect !== undefined && typeof connect !== "boolean") {
    return Failure.ofArgument("options.connect is not a boolean");
  }
  // On Bun, servers of node:http are not of the class of node:net's.
  if (typeof server !== "object" || server === null) return Failure.ofArgument(NOT_A_SERVER);
  return refuseRuntime() ?? refuseServer(server);
}

function refuseRuntime(): Failure | undefined {
  const runtime = hidingRuntime();
  unsupported ??= { reason: runtime ? `${runtime}, whose servers are not Node's` : findMissing() };
  const { reason } = unsupported;
  return reason === undefined
    ? undefined
    : Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `no hijacking here: ${reason}`);
}

function refuseServer(server: object): Failure | undefined {
  if (!(server instanceof NetServer)) return Failure.ofArgument(NOT_A_SERVER);
  const http = httpOf(server);
  if (http === undefined) return Failure.ofArgument(NOT_A_SERVER);
  return http === "h2c" ? Failure.of("ERR_SOCKINFO_NOT_HIJACKABLE", "an HTTP/2 server without TLS") : undefined;
}
