// The processes that hold a socket: /proc/<pid>/fd has its inode. Only the same user and root may look there.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { clean } from "./clean";

/** A process, by the name that it has given itself. Its command line may have secrets, so that is never read. */
export interface Owner {
  readonly pid: number;
  /** /proc/<pid>/comm, cleaned. */
  readonly comm: string;
}

/** The kernel's limit is 15 bytes, and that of its own threads 63. */
const LONGEST_COMM = 64;

/** By inode: those that this process may see, by pid. A socket of other users has none. */
export function findOwners(inodes: ReadonlySet<number>): ReadonlyMap<number, readonly Owner[]> {
  const owners = new Map<number, Owner[]>();
  if (inodes.size === 0) return owners;
  for (const pid of processes()) {
    const held = new Set(heldInodes(pid).filter((inode) => inodes.has(inode)));
    if (held.size === 0) continue;
    const owner = { pid, comm: readComm(pid) };
    for (const inode of held) owners.set(inode, [...(owners.get(inode) ?? []), owner]);
  }
  return owners;
}

function processes(): number[] {
  const names = orElse([], () => readdirSync("/proc"));
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((one, other) => one - other);
}

function heldInodes(pid: number): number[] {
  const folder = `/proc/${pid}/fd`;
  return orElse([], () => readdirSync(folder)).flatMap((fd) => {
    const target = orElse("", () => readlinkSync(`${folder}/${fd}`));
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return inode === undefined ? [] : [Number(inode)];
  });
}

/** A process may end at any moment, and others may not be read. */
function orElse<T>(fallback: T, read: () => T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}

function readComm(pid: number): string {
  return clean(orElse("?", () => readFileSync(`/proc/${pid}/comm`, "utf8")).replace(/\n$/, ""), LONGEST_COMM);
}

/** "node (4242)", "nginx (120) and 3 more", or "uid 33" where no process can be seen. */
export function formatOwners(owners: readonly Owner[], uid: number | undefined): string {
  const [first, ...more] = owners;
  if (first === undefined) return uid === undefined ? "-" : `uid ${uid}`;
  const text = `${first.comm} (${first.pid})`;
  return more.length === 0 ? text : `${text} and ${more.length} more`;
}
