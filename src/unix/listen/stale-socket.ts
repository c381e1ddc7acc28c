// Finds and removes a stale socket at the path to bind. No process listens on it, and it belongs to our user or to the
// new owner. Any other file at that path is refused.
import { unlinkSync, type BigIntStats } from "node:fs";
import { connect } from "node:net";
import { promises as timers } from "node:timers";
import { Failure, type NativeBinding } from "../../core";
import { kindOf } from "./file-kind";
import { lstat } from "./lstat";
import { findSharedFileSystem } from "./shared-file-system";
import { attempt, systemFailure } from "./system-failure";
import { addressOf, type UnixPath } from "./unix-path";

export interface StaleSocket {
  readonly stats: BigIntStats;
}

/** A daemon that does not use our lock may be between bind() and listen(). It has this much time for both. */
const GRACE_MS = 200;

/**
 * The time for a daemon to see our FIN. If we closed at once, the daemon's greeting would fail with ECONNRESET or
 * EPIPE.
 */
const LINGER_MS = 100;

/** Has these keys of its own. Otherwise the Socket would take them from a polluted Object.prototype. */
const PLAIN_SOCKET = {
  handle: undefined,
  fd: undefined,
  signal: undefined,
  onread: undefined,
  timeout: undefined,
  objectMode: undefined,
  readableObjectMode: undefined,
  writableObjectMode: undefined,
};

/**
 * Returns `undefined` if the path is free, and a Failure, mostly EADDRINUSE, if the file there has to stay. `owner` is
 * the user that the new socket will belong to.
 */
export async function findStaleSocket(
  binding: NativeBinding,
  path: UnixPath,
  owner: number,
): Promise<StaleSocket | Failure | undefined> {
  const stats = tryLstat(path);
  if (stats === undefined || stats instanceof Failure) return stats;
  const inUse = (detail: string) => Failure.ofSystem(-binding.errno.EADDRINUSE, "bind", `${path.text}: ${detail}`);
  if (!stats.isSocket()) return inUse(`${kindOf(stats)} is in the way`);

  const answer = await probe(path, stats);
  if (answer === "ENOENT") return undefined;
  if (answer === "connected") return inUse("a process listens there");
  if (answer !== "ECONNREFUSED") return inUse(`a process may be listening there (connect ${answer})`);
  const uid = Number(stats.uid);
  if (uid !== process.geteuid?.() && uid !== owner) {
    return inUse(`no process listens on the socket there, but it belongs to user ${uid}. Remove it as that user`);
  }
  const shared = findSharedFileSystem(binding, path.file);
  if (shared === undefined) return { stats };
  return shared instanceof Failure ? shared : refuseShared(path.text, shared);
}

function refuseShared(path: string, fileSystem: string): Failure {
  const danger = `on ${fileSystem} a daemon may listen through another mount`;
  const remedy = "Remove the file once no daemon listens on it, or choose a path elsewhere";
  const detail = `no process answers on the socket at ${path}, but ${danger}. ${remedy}`;
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM", detail);
}

export function removeStaleSocket(path: UnixPath, { stats }: StaleSocket): Failure | undefined {
  const now = tryLstat(path);
  // If the file has changed, a process without the lock did that. If a file is there then, bind() fails.
  if (now === undefined || now instanceof Failure || !isSame(now, stats)) return undefined;
  const removed = attempt(path.text, () => unlinkSync(path.file));
  return removed instanceof Failure ? removed : undefined;
}

function tryLstat({ file, text }: UnixPath): BigIntStats | Failure | undefined {
  try {
    return lstat(file);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : systemFailure(error, text);
  }
}

/** Compares the times too, because a new file may have the inode number of a removed one. */
function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.ctimeNs === b.ctimeNs;
}

async function probe(path: UnixPath, { ctimeMs }: BigIntStats): Promise<string> {
  const answer = await connectOnce(path);
  const ageMs = Date.now() - Number(ctimeMs);
  if (answer !== "ECONNREFUSED" || ageMs < 0 || ageMs > GRACE_MS) return answer;
  await timers.setTimeout(GRACE_MS - ageMs);
  return connectOnce(path);
}

/**
 * Resolves with `"connected"` or the code of the error. EAGAIN means that a process listens, and its queue is full.
 */
function connectOnce(to: UnixPath): Promise<string> {
  const path = addressOf(to);
  if (path === undefined) return Promise.resolve("ENAMETOOLONG");
  return new Promise((resolve) => {
    let answer: string | undefined;
    // The path is an option, because connect("8080") would take the string for a port.
    const socket = connect({ ...PLAIN_SOCKET, path }, () => {
      answer = "connected";
      socket.end().resume();
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once("close", () => clearTimeout(timer));
    });
    socket.once("error", (error: NodeJS.ErrnoException) => (answer ??= error.code ?? error.message));
    socket.once("close", () => resolve(answer as string));
  });
}
