// Python's view of a socket's options: it gets a duplicate of the descriptor.
import { spawnSync } from "node:child_process";
import type { Server, Socket } from "node:net";
import { join } from "node:path";
import { getFd } from "sockinfo";
import { expect } from "vitest";

/** By the names of the options. Text for options of eight bytes, in hexadecimal digits, and for TCP_CONGESTION. */
export interface Seen {
  readonly SO_RCVBUF: number;
  readonly SO_SNDBUF: number;
  readonly SO_BUF_LOCK?: number;
  readonly TCP_NODELAY: number;
  readonly SO_KEEPALIVE: number;
  readonly TCP_KEEPIDLE: number;
  readonly TCP_KEEPINTVL: number;
  readonly TCP_KEEPCNT: number;
  readonly TCP_USER_TIMEOUT: number;
  readonly TCP_NOTSENT_LOWAT: number;
  readonly SO_MAX_PACING_RATE: string;
  readonly IP_TOS: number;
  readonly IPV6_TCLASS?: number;
  readonly SO_MARK: number;
  readonly SO_COOKIE: string;
  readonly TCP_CONGESTION: string;
}

/** Sets options of the socket in a Python process, and returns all options as Python reads them. */
export function askPython(socket: Socket | Server, set: Partial<Record<keyof Seen, number | string>> = {}): Seen {
  const parameters = [join(import.meta.dirname, "socket-options.py"), JSON.stringify(set)];
  const { stdout, stderr } = spawnSync("python3", parameters, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe", getFd(socket)],
  });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Seen;
}
