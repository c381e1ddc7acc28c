// What every server in a child process tells its parent: where it listens and, when asked, what it has used.
import type { AddressInfo, Server } from "node:net";

/** The reports that the parent can ask for. */
export type ReportName = "usage" | "memory";

/** What the server has done since it began. */
export interface Usage {
  readonly answers: number;
  readonly cpuMicroseconds: number;
}

/** In bytes, after a collection. The process must have been started with --expose-gc. */
export interface Memory {
  readonly heap: number;
  /** Memory outside of the heap that objects on the heap keep. */
  readonly external: number;
  readonly resident: number;
}

/** Listens on a port of loopback or on a Unix socket. The process ends when its parent does. */
export function listenAndReport(server: Server, countAnswers: () => number, path?: string): void {
  const where = path === undefined ? { port: 0, host: "127.0.0.1" } : { path };
  server.listen({ ...where, backlog: 4096 }, () => process.send?.(path ?? (server.address() as AddressInfo).port));
  process.on("message", (name: ReportName) => process.send?.(name === "memory" ? memory() : usage()));
  process.on("disconnect", () => process.exit());

  function usage(): Usage {
    const { user, system } = process.cpuUsage();
    return { answers: countAnswers(), cpuMicroseconds: user + system };
  }
}

function memory(): Memory {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed, external, resident: rss };
}
