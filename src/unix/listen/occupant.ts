// What lies where a socket is to be bound, and whether it may be taken away: only a socket on which nobody answers, and that is ours.
// Called under the lock of start-lock.ts, and once before, as who lives there says so at any time.
import { unlinkSync, type BigIntStats } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, type NativeBinding } from "../../core";
import { kindOf } from "./file-kind";
import { lookAt } from "./look-at";
import { findSharedFileSystem } from "./shared-file-system";
import { attempt, systemFailure } from "./system-failure";
import { addressOf, type UnixPath } from "./unix-path";

/** A stale socket, which `removeStale` takes away. */
export interface Stale {
  readonly stats: BigIntStats;
}

/** A daemon that does not know our lock may be between bind() and listen(): it gets as long as this. */
const GRACE_MS = 200;

/** For the daemon to see us go: what it may have to say would be an error to it (ECONNRESET, EPIPE) if we just closed. */
const LINGER_MS = 100;

/** Own keys, as the Socket would take those of a polluted Object.prototype, and connect elsewhere. */
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

/** `undefined` where there is nothing; a refusal, mostly EADDRINUSE, where it is to stay. `owner` is whom the new socket is for. */
export async function findOccupant(
  binding: NativeBinding,
  path: UnixPath,
  owner: number,
): Promise<Stale | Failure | undefined> {
  const stats = look(path);
  if (stats === undefined || stats instanceof Failure) return stats;
  const inUse = (detail: string) => Failure.ofSystem(-binding.errno.EADDRINUSE, "bind", `${path.text}: ${detail}`);
  if (!stats.isSocket()) return inUse(`${kindOf(stats)} is in the way`);
  const answer = await probe(path, stats);
  if (answer === "ENOENT") return undefined;
  if (answer === "connected") return inUse("a process listens there");
  if (answer !== "ECONNREFUSED") return inUse(`whether a process listens there can't be told (connect ${answer})`);
  const uid = Number(stats.uid);
  if (uid !== process.geteuid?.() && uid !== owner) {
    return inUse(`nobody listens on the socket there, but it belongs to user ${uid}, and is not ours to remove`);
  }
  const shared = findSharedFileSystem(binding, path.file);
  if (shared === undefined) return { stats };
  return shared instanceof Failure ? shared : refuseShared(path.text, shared);
}

function refuseShared(path: string, fileSystem: string): Failure {
  const reason = `nobody answers on the socket at ${path}, but on ${fileSystem} a daemon may listen through another mount`;
  const remedy = "Remove the file once no daemon listens on it, or choose a path elsewhere";
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_FILE_SYSTEM", `${reason}. ${remedy}`);
}

export function removeStale(path: UnixPath, { stats }: Stale): Failure | undefined {
  const now = look(path);
  // By somebody who does not know the lock. What bind() finds is found then.
  if (now === undefined || now instanceof Failure || !isSame(now, stats)) return undefined;
  const removed = attempt(path.text, () => unlinkSync(path.file));
  return removed instanceof Failure ? removed : undefined;
}

function look({ file, text }: UnixPath): BigIntStats | Failure | undefined {
  try {
    return lookAt(file);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : systemFailure(error, text);
  }
}

/** A number of an inode may come again: the times tell. */
function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.ctimeNs === b.ctimeNs;
}

async function probe(path: UnixPath, { ctimeMs }: BigIntStats): Promise<string> {
  const answer = await connectOnce(path);
  const ageMs = Date.now() - Number(ctimeMs);
  if (answer !== "ECONNREFUSED" || ageMs < 0 || ageMs > GRACE_MS) return answer;
  await sleep(GRACE_MS - ageMs);
  return connectOnce(path);
}

/** `"connected"`, or the code of the error. A queue that is full is one that somebody has (EAGAIN). */
function connectOnce(to: UnixPath): Promise<string> {
  const path = addressOf(to);
  if (path === undefined) return Promise.resolve("ENAMETOOLONG");
  return new Promise((resolve) => {
    let answer: string | undefined;
    // By itself, "8080" would be a port.
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
