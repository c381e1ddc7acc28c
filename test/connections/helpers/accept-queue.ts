// Fills accept queues of this process's servers.
import { execFileSync } from "node:child_process";
import type { Server } from "node:net";
import { join } from "node:path";
import { portOf } from "../../helpers/servers";

/**
 * Makes connections to each server. They stay unaccepted, because this process is blocked until the client process
 * ends.
 */
export function connectUnaccepted(count: number, ...servers: Server[]): void {
  const script = join(import.meta.dirname, "../connect.mjs");
  execFileSync(process.execPath, [script, String(count), ...servers.map((server) => String(portOf(server)))]);
}
