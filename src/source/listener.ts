// server → listening descriptor: what find-fd.ts is for connections. What is read of it: src/connections/listener-info.ts.
import type { Server } from "node:net";
import { Failure } from "../errors";
import { hidingRuntime, refuseRuntime } from "../runtime";
import { checkFd, handleOf } from "./find-fd";
import { isServer, notAServer } from "./server";

/**
 * The descriptor that a server listens on, valid until the event loop gets to run, or why there is none. A number is
 * returned as it came, if it can be a descriptor.
 */
export function findListenerFd(source: unknown): number | Failure {
  if (typeof source === "number") return checkFd(source);
  if (!isServer(source)) return refuse(source);
  const handle = handleOf(source);
  if (!handle) return Failure.of("ERR_SOCKINFO_NOT_LISTENING");
  const fd: unknown = handle.fd;
  return Number.isInteger(fd) && (fd as number) >= 0 ? (fd as number) : whyNoFd(source);
}

function refuse(value: unknown): Failure {
  // On Bun, servers of node:http are not of Node's class.
  const runtime = typeof value === "object" && value !== null ? hidingRuntime() : undefined;
  return runtime ? refuseRuntime(runtime) : notAServer(value);
}

function whyNoFd(server: Server): Failure {
  const runtime = hidingRuntime();
  if (runtime) return refuseRuntime(runtime);
  if (typeof server.address() === "string") return Failure.of("ERR_SOCKINFO_NOT_TCP", "it listens on a Unix socket");
  // What a worker of a cluster has then is an object that only looks like a handle.
  return Failure.of(
    "ERR_SOCKINFO_LISTENER_NOT_OWNED",
    "the cluster's primary process has it, and accepts for this worker",
  );
}
