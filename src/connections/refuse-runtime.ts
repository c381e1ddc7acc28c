// What Bun and Deno lack for this subpath. Refused by their names, because a self-check would pass on Deno: a request on
// a stream in memory leaks nothing there, and one on a real connection would have to be waited for.
import { Failure, hidingRuntime } from "../core";

/** Bun publishes nothing about requests of HTTP/1: connections would never seem active. */
export function refuseTracking(): Failure | undefined {
  return hidingRuntime() === "Bun" ? refuse("Bun reports no requests") : undefined;
}

/**
 * Deno's event loop keeps what the last request entered, so code outside of requests, or of another client, would be
 * given that request's socket. Bun would never give one.
 */
export function refuseCurrentSocket(): Failure | undefined {
  const runtime = hidingRuntime();
  if (runtime === "Deno") return refuse("Deno mixes up which request the running code works for");
  return refuseTracking();
}

function refuse(detail: string): Failure {
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail);
}
