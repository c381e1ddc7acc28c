// PeerProcess: a pidfd, and what may be read of the process through /proc, each time proved to be of that process. Made by
// open-peer-process.ts.
import { readFileSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import type { NativeBinding, OwnedProcess } from "../addon/native-binding";
import { Failure } from "../errors";

/**
 * The process at the other end of a Unix socket, held by a descriptor (pidfd): never another process that has got its pid. Close it by
 * `using` or by `close()`; what was forgotten is closed when it is collected.
 */
export class PeerProcess {
  /**
   * Its process id, which stays its own as long as {@link isAlive} says so. `undefined` when the process is outside of our pid namespace,
   * when it had ended before it was opened, and without /proc.
   */
  readonly pid: number | undefined;
  readonly #binding: NativeBinding;
  readonly #owned: OwnedProcess;

  /** @internal Made by `openPeerProcess()` only. */
  constructor(binding: NativeBinding, owned: OwnedProcess) {
    this.#binding = binding;
    this.#owned = owned;
    this.pid = readPid(binding.processDescriptor(owned));
  }

  /**
   * The number of the descriptor, for a call of your own (`pidfd_send_signal`, `pidfd_getfd`, a service's `PIDFDs=`). Valid until `close()`:
   * never keep it.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_PROCESS_CLOSED`.
   */
  get pidfd(): number {
    const fd = this.#binding.processDescriptor(this.#owned);
    if (fd < 0) throw Failure.of("ERR_SOCKINFO_PROCESS_CLOSED").toError(pidfdOf(this));
    return fd;
  }

  /**
   * `poll(pidfd)`: whether the process has not ended yet. One that has ended and was not waited for by its parent (a zombie) is not alive.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_PROCESS_CLOSED`.
   */
  isAlive(): boolean {
    const hasEnded = this.#hasEnded();
    if (hasEnded instanceof Failure) throw hasEnded.toError(this.isAlive);
    return !hasEnded;
  }

  /**
   * `readlink("/proc/<pid>/exe")`, and then `poll(pidfd)`: the path of the program that the process runs, as it was found when it was
   * started; `" (deleted)"` follows where it is there no more. For logs: the path tells nothing of what lies there now, and in another mount
   * namespace it is one of that.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_PEER_GONE` (it ended before the answer was sure to be its own), `…_PEER_NOT_VISIBLE`,
   * `…_PROCESS_CLOSED`; `EACCES` for processes of other users, unless we may trace them (ptrace(2)).
   * @see proc_pid_exe(5)
   */
  readExecutable(): Promise<string> {
    return this.#read((folder) => readlink(`${folder}/exe`), this.readExecutable);
  }

  /**
   * `read("/proc/<pid>/cmdline")`, and then `poll(pidfd)`: the program's arguments. For logs only: a process may write there what it
   * likes.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_PEER_GONE`, `…_PEER_NOT_VISIBLE`, `…_PROCESS_CLOSED`, or a system error.
   * @see proc_pid_cmdline(5)
   */
  readCommandLine(): Promise<string[]> {
    return this.#read(async (folder) => {
      const text = await readFile(`${folder}/cmdline`, "utf8");
      return text.replace(/\0$/, "").split("\0");
    }, this.readCommandLine);
  }

  /** `close(pidfd)`. Does nothing the second time. */
  close(): void {
    this.#binding.closeProcess(this.#owned);
  }

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
    // It has its pid as long as it lives, so what was read until now was its own. What comes later may be another's.
    const hasEndedMeanwhile = this.#hasEnded();
    if (hasEndedMeanwhile instanceof Failure) return hasEndedMeanwhile;
    return hasEndedMeanwhile ? Failure.of("ERR_SOCKINFO_PEER_GONE") : result;
  }
}

/** Where the stack of an error of `pidfd` begins. */
function pidfdOf(process: PeerProcess): () => number {
  return Object.getOwnPropertyDescriptor(Object.getPrototypeOf(process), "pidfd")?.get as () => number;
}

function toFailure(error: NodeJS.ErrnoException): Failure {
  return Failure.ofSystem(error.errno ?? -1, error.syscall ?? "read");
}

/** As the kernel shows it in our pid namespace: 0 outside of it, -1 for one that was waited for. */
function readPid(pidfd: number): number | undefined {
  try {
    const [, digits] = /^Pid:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${pidfd}`, "latin1")) ?? [];
    return Number(digits) || undefined;
  } catch {
    return undefined;
  }
}
