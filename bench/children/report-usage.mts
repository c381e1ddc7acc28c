// What every server that is a child of a suite tells its parent: where it listens, and when asked what it has used.
import type { AddressInfo, Server } from "node:net";

/** What a server is asked. */
export type Question = "usage" | "memory";

/** What the server has done since it began. */
export interface Usage {
  readonly requests: number;
  readonly cpuMicroseconds: number;
}

/** In bytes; of the heap what is left after a collection, where the process was started with --expose-gc. */
export interface Memory {
  readonly heap: number;
  /** What objects of the heap keep outside of it. */
  readonly external: number;
  readonly resident: number;
}

/** Listens on a port of loopback or on a Unix socket, until the parent goes away. */
export function listenAndReport(server: Server, countRequests: () => number, path?: string): void {
  const where = path === undefined ? { port: 0, host: "127.0.0.1" } : { path };
  server.listen({ ...where, backlog: 4096 }, () => process.send?.(path ?? (server.address() as AddressInfo).port));
  process.on("message", (question: Question) => process.send?.(question === "memory" ? memory() : usage()));
  process.on("disconnect", () => process.exit());

  function usage(): Usage {
    const { user, system } = process.cpuUsage();
    return { requests: countRequests(), cpuMicroseconds: user + system };
  }
}

function memory(): Memory {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, resident: rss };
}
