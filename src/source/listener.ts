// server → listening descriptor: what find-fd.ts is for connections. What is read of it: src/connections/listener-info.ts.
import { Server } from "node:net";
import { Failure } from "../errors";
import { hidingRuntime } from "../runtime";
import { handleOf } from "./find-fd";

/** The descriptor that a server listens on, valid until the event loop gets to run, or why there is none. */
export function findListenerFd(server: unknown): number | Failure {
  if (!isServer(server))
    return Failure.of("ERR_SOCKINFO_INVALID_ARGUMENT", `${kindOf(server)} is not a server of Node`);
  const handle = handleOf(server);
  if (!handle) return Failure.of("ERR_SOCKINFO_NOT_LISTENING");
  const fd: unknown = handle.fd;
  return Number.isInteger(fd) && (fd as number) >= 0 ? (fd as number) : whyNoFd(server);
}

/** Servers of http, https, http2 and tls are of this class, too. */
function isServer(value: unknown): value is Server {
  try {
    return value instanceof Server;
  } catch {
    return false; // A proxy that throws.
  }
}

function kindOf(value: unknown): string {
  if (typeof value === "function" || (typeof value === "object" && value !== null)) return "this object";
  return value === null ? "null" : typeof value;
}

function whyNoFd(server: Server): Failure {
  const runtime = hidingRuntime();
  if (runtime) return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", runtime);
  if (typeof server.address() === "string") return Failure.of("ERR_SOCKINFO_NOT_TCP", "it listens on a Unix socket");
  // What a cluster worker has then is an object that only looks like a handle.
  return Failure.of(
    "ERR_SOCKINFO_LISTENER_NOT_OWNED",
    "the cluster's primary accepts and hands the connections on; listen({ exclusive: true }) or SCHED_NONE would give it to the worker",
  );
}
