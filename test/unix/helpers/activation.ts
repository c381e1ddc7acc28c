// Starts services with inherited sockets, as systemd does.
import { programPath, startChild, type Child, type Identity } from "./processes";

/** A socket or file to pass. Unix sockets have a `path`. */
export interface Passed {
  readonly kind: "unix" | "bound" | "connection" | "datagram" | "seqpacket" | "tcp" | "file";
  readonly path?: string;
}

/** The argument of service.mjs. */
export interface Task {
  /** The names of the listeners to get. `null` stands for no name. */
  readonly names: readonly (string | null)[];
  /** The user that it becomes before it serves. */
  readonly as?: Identity;
}

export interface ServiceReport {
  readonly pid: number;
  readonly all: unknown;
  readonly answers: readonly unknown[];
  readonly addresses?: readonly string[];
}

/** The variables that systemd sets. */
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

/** The command that starts a program with these sockets. */
export function activating(sockets: readonly Passed[], environment: Record<string, string>): string[] {
  return ["python3", programPath("activate.py"), JSON.stringify({ sockets, environment })];
}
