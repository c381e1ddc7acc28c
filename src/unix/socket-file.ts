// The file of a socket that was just bound: gets its owner and mode before anybody can connect, is known again by device and inode, and
// taken away only if it is still the same. Used by listen-unix.ts.
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  lchownSync,
  lstatSync,
  openSync,
  unlinkSync,
  type BigIntStats,
} from "node:fs";
import { Failure, type NativeBinding } from "../core";
import { attempt } from "./system-failure";

export interface Access {
  readonly mode: number;
  /** `undefined`: as the file has it. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** Device and inode. No other file has both as long as the socket is open: that keeps the inode, even where its last name is gone. */
export interface FileId {
  readonly dev: bigint;
  readonly ino: bigint;
}

/** Linux; node:fs has no name for it. */
const O_PATH = 0o10_000_000;

/** Never follows a link that somebody may have put there meanwhile, and changes nothing that is no socket of ours. */
export function giveAccess(binding: NativeBinding, file: string, access: Access): FileId | Failure {
  return binding.platform === "linux" ? byDescriptor(file, access) : byPath(binding, file, access);
}

function byDescriptor(file: string, access: Access): FileId | Failure {
  const fd = attempt(file, () => openSync(file, O_PATH | constants.O_NOFOLLOW));
  if (fd instanceof Failure) {
    removeUnopened(file);
    return fd;
  }
  try {
    return change(file, fstatSync(fd, { bigint: true }), access, {
      // A descriptor of this kind takes no fchmod(), but leads to its file, whatever has the name now.
      chown: (...ids) => chownSync(`/proc/self/fd/${fd}`, ...ids),
      chmod: () => chmodSync(`/proc/self/fd/${fd}`, access.mode),
    });
  } finally {
    closeSync(fd);
  }
}

/** There was no descriptor left for it. It was bound just now, under the lock. */
function removeUnopened(file: string): void {
  const stats = attempt(file, () => lstatSync(file, { bigint: true }));
  if (!(stats instanceof Failure) && isOurs(stats)) removeOwn(file, stats);
}

function byPath(binding: NativeBinding, file: string, access: Access): FileId | Failure {
  const stats = attempt(file, () => lstatSync(file, { bigint: true }));
  if (stats instanceof Failure) return stats;
  return change(file, stats, access, {
    chown: (...ids) => lchownSync(file, ...ids),
    chmod: () => binding.setModeOfPath(new TextEncoder().encode(`${file}\0`), access.mode),
  });
}

interface Calls {
  chown(uid: number, gid: number): void;
  /** A number is a negative error number. */
  chmod(): void | number;
}

function change(file: string, stats: BigIntStats, access: Access, calls: Calls): FileId | Failure {
  if (!isOurs(stats)) {
    return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", `another file has taken the place of the socket at ${file}`);
  }
  const id = { dev: stats.dev, ino: stats.ino };
  const failure = changeOwner(file, stats, access, calls) ?? changeMode(file, stats, access, calls);
  if (failure) removeOwn(file, id);
  return failure ?? id;
}

function isOurs(stats: BigIntStats): boolean {
  return stats.isSocket() && Number(stats.uid) === process.geteuid?.();
}

/** Only what is not so already: who has no right to change it may still use what it is. */
function changeOwner(file: string, stats: BigIntStats, { uid, gid }: Access, calls: Calls): Failure | undefined {
  const [uidNow, gidNow] = [Number(stats.uid), Number(stats.gid)];
  if ((uid ?? uidNow) === uidNow && (gid ?? gidNow) === gidNow) return undefined;
  const result = attempt(file, () => calls.chown(uid ?? uidNow, gid ?? gidNow));
  return result instanceof Failure ? result : undefined;
}

function changeMode(file: string, stats: BigIntStats, { mode }: Access, calls: Calls): Failure | undefined {
  if (Number(stats.mode & 0o7777n) === mode) return undefined;
  const result = attempt(file, () => calls.chmod());
  if (result instanceof Failure) return result;
  return typeof result === "number" && result < 0 ? Failure.ofSystem(result, "fchmodat", file) : undefined;
}

/** While the socket is still open. What another daemon has made there since stays. */
export function removeOwn(file: string, { dev, ino }: FileId): void {
  const stats = attempt(file, () => lstatSync(file, { bigint: true }));
  if (stats instanceof Failure || stats.dev !== dev || stats.ino !== ino) return;
  // What can't be removed, as after the process has given up its rights, is a stale socket for the next.
  attempt(file, () => unlinkSync(file));
}
