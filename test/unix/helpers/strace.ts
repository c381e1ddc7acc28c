// Runs daemons under strace: to see the order of their system calls, and to kill, stop or delay them at one of these.

/** The system call behind a C function differs between processors. One with a question mark does not exist on all. */
const CALLS = {
  open: "?open,openat",
  flock: "flock",
  socket: "socket",
  fchmod: "fchmod",
  bind: "bind",
  chown: "?chown,fchownat",
  chmod: "?chmod,fchmodat",
  listen: "listen",
  unlink: "?unlink,unlinkat",
  close: "close",
  umask: "umask",
} as const;

export type Call = keyof typeof CALLS;

/** With -D, the program is our child and not strace's. */
const STRACE = ["strace", "-D", "-f", "-qq"];

/** Starts the program that follows, and writes those of its calls to stderr. */
export function tracing(...calls: Call[]): string[] {
  return [...STRACE, "-e", `trace=${calls.map((call) => CALLS[call]).join(",")}`];
}

/**
 * Sends a signal at each such call: SIGKILL ends the program before the call has an effect, SIGSTOP stops it after
 * the call.
 */
export function signalling(signal: "KILL" | "STOP", call: Call): string[] {
  return [...tracing(call), "-e", `inject=${CALLS[call]}:signal=${signal}`];
}

/** After `tracing`: delays the program before each such call. */
export function delaying(call: Call, milliseconds: number): string[] {
  return ["-e", `inject=${CALLS[call]}:delay_enter=${milliseconds * 1000}`];
}

/** After `tracing`: only calls for one of these files. */
export function about(...paths: string[]): string[] {
  return paths.flatMap((path) => ["-P", path]);
}

/** The calls in strace's output, by the names above. */
export function callsIn(stderr: string): string[] {
  const names = Object.entries(CALLS).flatMap(([call, all]) =>
    all.split(",").map((name) => [name.replace("?", ""), call]),
  );
  const callOf = Object.fromEntries(names) as Record<string, string>;
  return [...stderr.matchAll(/\b(\w+)\(/g)].flatMap(([, name = ""]) => callOf[name] ?? []);
}
