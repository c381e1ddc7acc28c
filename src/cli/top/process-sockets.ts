// The sockets of one process, by /proc.
import { readdirSync, readlinkSync } from "node:fs";
import { ExpectedError } from "../command";

const LARGEST_PORT = 65_535;

/**
 * The inodes of all sockets that process `pid` has open: the links of /proc/<pid>/fd.
 *
 * @throws {ExpectedError} There is no such process, it belongs to another user, or it is in another network namespace,
 * whose sockets this process can't see.
 */
export function readInodes(pid: number): ReadonlySet<number> {
  const folder = `/proc/${pid}/fd`;
  const inodes = new Set<number>();
  let names: string[];
  try {
    checkNamespace(pid);
    names = readdirSync(folder);
  } catch (error) {
    throw explain(pid, error);
  }
  for (const name of names) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${name}`)) ?? [];
      if (inode !== undefined) inodes.add(Number(inode));
    } catch {
      // The process has closed it meanwhile.
    }
  }
  return inodes;
}

function checkNamespace(pid: number): void {
  if (readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync("/proc/self/ns/net")) return;
  throw new ExpectedError(
    `Process ${pid} is in another network namespace. As root: nsenter --net -t ${pid} sockinfo top ${pid}`,
  );
}

function explain(pid: number, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ESRCH") {
    const advice = pid <= LARGEST_PORT ? `. Did you mean ":${pid}"?` : "";
    return new ExpectedError(`There is no process ${pid}${advice}`);
  }
  if (code === "EACCES" || code === "EPERM")
    return new ExpectedError(`Process ${pid} belongs to another user: only that user and root see its sockets`);
  return error as Error;
}
