// Daemons under strace: in which order they call the system, and what if one ends or stops at a certain call.

/** What the C library makes of a call differs between processors; one with a question mark is not on all. */
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

/** With -D the program is our child, not strace's. */
const STRACE = ["strace", "-D", "-f", "-qq"];

/** Starts what stands behind, and writes to stderr which of these it calls. */
export function tracing(...calls: Call[]): string[] {
  return [...STRACE, "-e", `trace=${calls.map((call) => CALLS[call]).join(",")}`];
}

/** Sends it a signal each time it does this: SIGKILL ends it before anything is done, SIGSTOP stops it when it is done. */
export function signalling(signal: "KILL" | "STOP", call: Call): string[] {
  return [...tracing(call), "-e", `inject=${CALLS[call]}:signal=${signal}`];
}

/** Behind `tracing`: has it wait before it does this. */
export function delaying(call: Call, milliseconds: number): string[] {
  return ["-e", `inject=${CALLS[call]}:delay_enter=${milliseconds * 1000}`];
}

/** Behind `tracing`: only what is about one of these files. */
export function about(...paths: string[]): string[] {
  return paths.flatMap((path) => ["-P", path]);
}

/** The calls, one each, as above. */
export function callsIn(stderr: string): string[] {
  const names = Object.entries(CALLS).flatMap(([call, all]) =>
    all.split(",").map((name) => [name.replace("?", ""), call]),
  );
  const callOf = Object.fromEntries(names) as Record<string, string>;
  return [...stderr.matchAll(/\b(\w+)\(/g)].flatMap(([, name = ""]) => callOf[name] ?? []);
}
