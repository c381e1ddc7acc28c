// Which process and ports a page shows.
import type { Server } from "node:net";
import type { PageServer } from "./protocol";

const MOST_HOSTNAME_CHARACTERS = 64;
const MOST_PORTS = 8;

export function describeProcess(servers: Iterable<Server>): PageServer {
  const { hostname } = require("node:os") as typeof import("node:os");
  const ports = [...servers].map(portOf).filter((port) => port !== undefined);
  return {
    hostname: hostname().slice(0, MOST_HOSTNAME_CHARACTERS),
    pid: process.pid,
    ports: [...new Set(ports)].toSorted((one, other) => one - other).slice(0, MOST_PORTS),
  };
}

/** Runs in a timer, where an error would be fatal. */
function portOf(server: Server): number | undefined {
  try {
    const address = server.address();
    return typeof address === "object" ? address?.port : undefined;
  } catch {
    return undefined; // Other code has replaced the method.
  }
}
