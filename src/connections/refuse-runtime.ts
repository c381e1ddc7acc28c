// Refuses the runtimes that lack what this subpath needs. It checks their names, because a self-test would not find
// the fault of Deno: requests over in-memory streams do not show it, and a request over a real connection would take
// too long.
import { Failure, otherRuntime } from "../core";

/** Bun does not publish HTTP/1 requests, so connections would never become active. */
export function refuseTracking(): Failure | undefined {
  return otherRuntime() === "Bun" ? refuse("Bun does not report requests") : undefined;
}

/**
 * Deno's event loop keeps the store that the last request entered. Code outside of requests, or of another client,
 * would get that request's socket. On Bun there would never be a socket.
 */
export function refuseCurrentSocket(): Failure | undefined {
  const runtime = otherRuntime();
  // The runtime is looked up once, because that is most of the time of getCurrentSocket().
  if (runtime === undefined) return undefined;
  return runtime === "Deno" ? refuse("Deno mixes up the stores of different requests") : refuseTracking();
}

function refuse(detail: string): Failure {
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail);
}
