// Services that are started with sockets, as systemd does it.
import { programPath, startChild, type Child, type Identity } from "./processes";

/** `path` is of those that have one. */
export interface Passed {
  readonly kind: "unix" | "bound" | "connection" | "datagram" | "seqpacket" | "tcp" | "file";
  readonly path?: string;
}

/** What service.mjs is to do. */
export interface Task {
  /** Of listeners to ask for; `null` stands for none. */
  readonly names: readonly (string | null)[];
  /** Whom it becomes before it serves. */
  readonly as?: Identity;
}

export interface ServiceReport {
  readonly pid: number;
  readonly all: unknown;
  readonly answers: readonly unknown[];
  readonly addresses?: readonly string[];
}

/** As systemd sets it, unless said otherwise. */
export function environmentFor(passed: readonly Passed[], names?: readonly string[]): Record<string, string> {
  return {
    LISTEN_PID: "$pid",
    LISTEN_FDS: String(passed.length),
    ...(names && { LISTEN_FDNAMES: names.join(":") }),
  };
}

export function startService(
  task: Task,
  sockets: readonly Passed[],
  environment: Record<string, string>,
): Child<ServiceReport> {
  return startChild("service.mjs", [JSON.stringify(task)], activating(sockets, environment));
}

/** What starts a program so. */
export function activating(sockets: readonly Passed[], environment: Record<string, string>): string[] {
  return ["python3", programPath("activate.py"), JSON.stringify({ sockets, environment })];
}
