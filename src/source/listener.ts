// server → descriptor of its listening socket.
import type { Server } from "node:net";
import { Failure } from "../errors";
import { otherRuntime, refuseRuntime } from "../runtime";
import { checkFd, handleOf, numberOf } from "./find-fd";
import { lendFd } from "./lent-fd";
import { isServer, notAServer } from "./server";

/**
 * The descriptor that a server listens on, valid until the event loop runs again, or why there is none. Returns
 * `source` itself if it is a number that can be a descriptor.
 */
export function findListenerFd(source: unknown): number | Failure {
  if (typeof source === "number") return checkFd(source, "server");
  if (!isServer(source)) return refuse(source);
  const handle = handleOf(source);
  if (!handle) return Failure.of("ERR_SOCKINFO_NOT_LISTENING");
  const fd = numberOf(handle);
  return Number.isInteger(fd) && (fd as number) >= 0 ? (fd as number) : (lendFd(handle) ?? whyNoFd(source));
}

function refuse(value: unknown): Failure {
  // On Bun, servers of node:http are not instances of Node's class.
  const runtime = typeof value === "object" && value !== null ? otherRuntime() : undefined;
  return runtime ? refuseRuntime(runtime) : notAServer(value);
}

function whyNoFd(server: Server): Failure {
  const runtime = otherRuntime();
  if (runtime) return refuseRuntime(runtime);
  if (typeof addressOf(server) === "string") return Failure.of("ERR_SOCKINFO_NOT_TCP", "it listens on a Unix socket");
  // In a worker of a cluster, the server's handle is an object without a descriptor.
  return Failure.of("ERR_SOCKINFO_LISTENER_NOT_OWNED", "the cluster's primary process accepts for this worker");
}

/** Node asks the handle, and a foreign handle may throw. */
function addressOf(server: Server): unknown {
  try {
    return server.address();
  } catch {
    return undefined;
  }
}
