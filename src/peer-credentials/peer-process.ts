// PeerProcess: a pidfd, and readings of the process from /proc, each proved to be of that process.
import { promises, readFileSync } from "node:fs";
import type { NativeBinding, OwnedProcess } from "../addon/native-binding";
import { Failure } from "../errors";

/** A process may show gigabytes of its memory as its command line, at no cost of its own. */
const MAX_COMMAND_LINE_BYTES = 65_536;

/**
 * The process at the other end of a Unix socket, by a descriptor (pidfd). It never becomes another process that has
 * got the same pid. Close it with `using` or `close()`. Garbage collection closes one that was forgotten.
 */
export class PeerProcess {
  /**
   * The process id. No other process gets the same id as long as {@link PeerProcess.isAlive} returns `true`.
   * `undefined` when the process is outside our pid namespace, when it had ended before it was opened, and without
   * /proc.
   */
  readonly pid: number | undefined;
  readonly #binding: NativeBinding;
  readonly #owned: OwnedProcess;

  /** @internal Only `openPeerProcess()` calls this. */
  constructor(binding: NativeBinding, owned: OwnedProcess) {
    this.#binding = binding;
    this.#owned = owned;
    this.pid = readPid(binding.processDescriptor(owned));
  }

  /**
   * The number of the descriptor, for a system call of your own (`pidfd_send_signal`, `pidfd_getfd`), or for `PIDFDs=`
   * of a systemd service. Valid until `close()`: never keep it.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_PROCESS_CLOSED`.
   */
  get pidfd(): number {
    const fd = this.#binding.processDescriptor(this.#owned);
    if (fd < 0) throw Failure.of("ERR_SOCKINFO_PROCESS_CLOSED").toError(pidfdGetterOf(this));
    return fd;
  }

  /**
   * `poll(pidfd)`: whether the process is still running. Returns `false` for a zombie, which has ended although its
   * parent has not waited for it.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_PROCESS_CLOSED`.
   * @example
   * if (!peer.isAlive()) log.info("the client's process has ended");
   */
  isAlive(): boolean {
    const hasEnded = this.#hasEnded();
    if (hasEnded instanceof Failure) throw hasEnded.toError(this.isAlive);
    return !hasEnded;
  }

  /**
   * `readlink("/proc/<pid>/exe")`, then `poll(pidfd)`: the path of the program that the process runs, as it was when
   * the program started. Ends with `" (deleted)"` if that file is gone. For logs only: another file may be at the
   * path now, and a process in another mount namespace has a path of that namespace.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_PEER_GONE` (it ended before the reading was proved to be its own),
   * `…_PEER_NOT_VISIBLE`, `…_PROCESS_CLOSED`, or a system error: `EACCES` for a process of another user, unless we
   * may trace it (ptrace(2)).
   * @example
   * log.info(await peer.readExecutable()); // /usr/bin/curl
   * @see proc_pid_exe(5)
   */
  readExecutable(): Promise<string> {
    return this.#read((folder) => promises.readlink(`${folder}/exe`), this.readExecutable);
  }

  /**
   * `read("/proc/<pid>/cmdline")`, then `poll(pidfd)`: the program's name and its arguments. For logs only: a process
   * can write anything there, and as much as it likes. So only the first 64 KiB are read, and the rest is left out.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_PEER_GONE`, `…_PEER_NOT_VISIBLE`, `…_PROCESS_CLOSED`, or a system error.
   * @see proc_pid_cmdline(5)
   */
  readCommandLine(): Promise<string[]> {
    return this.#read(async (folder) => {
      const text = await readBeginning(`${folder}/cmdline`, MAX_COMMAND_LINE_BYTES);
      return text.replace(/\0$/, "").split("\0");
    }, this.readCommandLine);
  }

  /** `close(pidfd)`. A second call does nothing. */
  close(): void {
    this.#binding.closeProcess(this.#owned);
  }

  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #hasEnded(): boolean | Failure {
    const ended = this.#binding.hasProcessEnded(this.#owned);
    if (this.#binding.processDescriptor(this.#owned) < 0) return Failure.of("ERR_SOCKINFO_PROCESS_CLOSED");
    return ended < 0 ? Failure.ofSystem(ended, "poll") : ended > 0;
  }

  async #read<T>(read: (folder: string) => Promise<T>, entry: () => unknown): Promise<T> {
    const result = await this.#tryToRead(read);
    if (result instanceof Failure) throw result.toError(entry);
    return result;
  }

  async #tryToRead<T>(read: (folder: string) => Promise<T>): Promise<T | Failure> {
    const hasEnded = this.#hasEnded();
    if (hasEnded instanceof Failure) return hasEnded;
    if (this.pid === undefined) {
      return Failure.of(hasEnded ? "ERR_SOCKINFO_PEER_GONE" : "ERR_SOCKINFO_PEER_NOT_VISIBLE");
    }
    const result = await read(`/proc/${this.pid}`).catch(toFailure);
    // If the process still lives, it has had the pid all the time, so the reading is its own. Otherwise the reading
    // may be that of another process.
    const hasEndedMeanwhile = this.#hasEnded();
    if (hasEndedMeanwhile instanceof Failure) return hasEndedMeanwhile;
    return hasEndedMeanwhile ? Failure.of("ERR_SOCKINFO_PEER_GONE") : result;
  }
}

/** The getter `pidfd`, so that the stack of its error begins at the getter's caller. */
function pidfdGetterOf(process: PeerProcess): () => number {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(process), "pidfd")?.get as () => number;
}

function toFailure(error: NodeJS.ErrnoException): Failure {
  return Failure.ofSystem(error.errno ?? -1, error.syscall ?? "read");
}

/** The kernel shows 0 for a process outside our pid namespace, and -1 after the parent has waited for the process. */
function readPid(pidfd: number): number | undefined {
  try {
    const [, digits] = /^Pid:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${pidfd}`, "latin1")) ?? [];
    return Number(digits) || undefined;
  } catch {
    return undefined;
  }
}

async function readBeginning(path: string, maxBytes: number): Promise<string> {
  const file = await promises.open(path);
  try {
    const bytes = Buffer.alloc(maxBytes);
    let length = 0;
    // A read may return less than there is.
    for (let got = NaN; got !== 0 && length < maxBytes; length += got) {
      got = (await file.read(bytes, length, maxBytes - length, null)).bytesRead;
    }
    return bytes.toString("utf8", 0, length);
  } finally {
    await file.close();
  }
}
