// Descriptors, listeners and properties, of which a run must not leave more than there were before.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { channel } from "node:diagnostics_channel";
import type { EventEmitter } from "node:events";

const DESCRIPTORS = "/proc/self/fd";
const CHANNELS = [
  "http.server.request.start",
  "http.server.response.created",
  "http.server.response.finish",
  Symbol.for("sockinfo.hijack"),
  Symbol.for("sockinfo.release"),
];

/** The open descriptors and their targets. Empty on systems without /proc. */
export function descriptors(): Map<string, string> {
  const open = new Map<string, string>();
  for (const fd of process.platform === "linux" ? readdirSync(DESCRIPTORS) : []) {
    try {
      open.set(fd, readlinkSync(`${DESCRIPTORS}/${fd}`));
    } catch {
      // The descriptor that has read the folder.
    }
  }
  return open;
}

/** The number of descriptors of each kind: socket, pipe, anon_inode:[eventpoll], files. */
export function countByKind(open: ReadonlyMap<string, string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const target of open.values()) {
    const kind = /^(socket|pipe|anon_inode:.*?)(?::\[\d+\])?$/.exec(target)?.[1] ?? target;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

/** The new descriptors: number, target, and the kernel's line about a socket, with its addresses and its state. */
export function describeNew(before: ReadonlyMap<string, string>): string[] {
  const lines: string[] = [];
  for (const [fd, target] of descriptors()) {
    if (before.get(fd) === target) continue;
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    lines.push(`${fd} -> ${target} ${inode === undefined ? "" : describeSocket(inode)}`.trim());
  }
  return lines;
}

function describeSocket(inode: string): string {
  for (const table of ["tcp", "tcp6", "udp", "unix"]) {
    const line = readFileSync(`/proc/net/${table}`, "utf8")
      .split("\n")
      .find((text) => text.split(/\s+/).includes(inode));
    if (line !== undefined) return `${table}: ${line.trim()}`;
  }
  return "in no table of the kernel: closed, or never connected";
}

/** The emitters' listeners and properties, and the diagnostics channels that have subscribers. */
export function describeListeners(emitters: readonly EventEmitter[]): string {
  const described = emitters.map((emitter) => {
    const listeners = emitter.eventNames().map((name) => `${String(name)}: ${emitter.listenerCount(name)}`);
    return [...listeners.toSorted(), ...Reflect.ownKeys(emitter).map(String).toSorted()];
  });
  return JSON.stringify([described, CHANNELS.filter((name) => channel(name).hasSubscribers).map(String)]);
}
