// What lies where a socket is to be bound, and whether it may be taken away: only a socket on which nobody answers, and that is ours.
// Called under the lock of start-lock.ts, and once before, as who lives there says so at any time.
import { lstatSync, unlinkSync, type BigIntStats } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, type NativeBinding } from "../core";
import { kindOf } from "./file-kind";
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

/** `undefined` where there is nothing; a refusal, EADDRINUSE, where it is to stay. `owner` is whom the new socket is for. */
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
  if (uid === process.geteuid?.() || uid === owner) return { stats };
  return inUse(`nobody listens on the socket there, but it belongs to user ${uid}, and is not ours to remove`);
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
    return lstatSync(file, { bigint: true });
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
    const socket = connect({ path }, () => {
      answer = "connected";
      socket.end().resume();
      const timer = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once("close", () => clearTimeout(timer));
    });
    socket.once("error", (error: NodeJS.ErrnoException) => (answer ??= error.code ?? error.message));
    socket.once("close", () => resolve(answer as string));
  });
}
