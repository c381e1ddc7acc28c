// Prepares what the paths need: the compiled program of a path, and a network namespace of their own.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const SOURCE = join(import.meta.dirname, "..", "..", "test", "helpers", "network-path.cc");
const COMPILE_LIMIT_MS = 60_000;

/** Switches the loopback interface on, before the rest of the command. */
const PREPARED = ["sh", "-c", 'ip link set lo up && exec "$0" "$@"'];
/** The words before a command, so that it runs in a network namespace in which it may make interfaces. */
const ENTER_WAYS = [
  ["unshare", "--net", ...PREPARED],
  ["unshare", "--user", "--map-root-user", "--net", ...PREPARED],
];

export interface Namespace {
  readonly enter: readonly string[];
  /** The program of network-path.cc. */
  readonly program: string;
}

/** Returns a reason where this system or user can't have paths. */
export function prepareNamespace(folder: string): Namespace | string {
  if (process.platform !== "linux") return "they need Linux";
  const enter = ENTER_WAYS.find((way) => succeeds(...way, "test", "-w", "/dev/net/tun"));
  if (!enter) return "a network namespace with /dev/net/tun needs root, and the program ip";
  const program = join(folder, "network-path");
  return succeeds("c++", "-std=c++17", "-O1", "-o", program, SOURCE)
    ? { enter, program }
    : "test/helpers/network-path.cc needs a C++ compiler";
}

function succeeds(command = "", ...parameters: string[]): boolean {
  return spawnSync(command, parameters, { stdio: "ignore", timeout: COMPILE_LIMIT_MS }).status === 0;
}
