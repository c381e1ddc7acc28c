// Looks at the kernel's sockets again and again: sock_diag(7).
import { dumpAllTcpSockets, dumpTcpSockets, type Failure, type TcpSocketDump } from "../../core";
import { type Order, ORDERS, type TopFrame, type TopTotals } from "./frame";
import { unwrap } from "../sockets";
import { readInodes } from "./process-sockets";
import { SocketLook } from "./socket-look";
import { type Question, rowsOf } from "./socket-rows";
import { totalsOf } from "./socket-totals";
import type { SourceObserver, TopSource } from "./source";
import type { Target } from "./target";

/** 456 bytes each, twice. */
const MOST_SOCKETS = 250_000;

export class KernelSource implements TopSource {
  readonly isPage = false;
  readonly orders: readonly Order[] = ORDERS;
  readonly #target: Exclude<Target, { kind: "page" }>;
  readonly #intervalMs: number;
  #observer: SourceObserver | undefined;
  #timer: NodeJS.Timeout | undefined;
  #look: SocketLook | undefined;
  #totals: TopTotals | undefined;
  #isPaused = false;
  #isLooking = false;

  constructor(target: Exclude<Target, { kind: "page" }>, intervalMs: number) {
    this.#target = target;
    this.#intervalMs = intervalMs;
  }

  start(observer: SourceObserver): void {
    this.#observer = observer;
    void this.#lookAgain();
  }

  pause(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    if (!isPaused && !this.#isLooking && this.#timer === undefined) void this.#lookAgain();
  }

  close(): void {
    this.#observer = undefined;
    clearTimeout(this.#timer);
  }

  frame(question: Question): TopFrame | undefined {
    if (this.#look === undefined || this.#totals === undefined) return undefined;
    const { takenAt, intervalMs, dump } = this.#look;
    const pid = this.#target.kind === "pid" ? this.#target.pid : undefined;
    return {
      takenAt: takenAt.toISOString(),
      intervalMs,
      totals: this.#totals,
      order: question.order,
      isDescending: question.isDescending,
      ...rowsOf(this.#look, question, pid),
      note: dump.isTruncated ? `There are more sockets: these are of the first ${MOST_SOCKETS}` : undefined,
    };
  }

  async #lookAgain(): Promise<void> {
    this.#timer = undefined;
    this.#isLooking = true;
    const beganAt = performance.now();
    try {
      const inodes = this.#target.kind === "pid" ? readInodes(this.#target.pid) : undefined;
      const dump = await this.#dump();
      // Closed meanwhile.
      if (this.#observer === undefined) return;
      this.#look = new SocketLook(unwrap(dump), beganAt, this.#look, inodes);
      this.#totals = totalsOf(this.#look);
    } catch (error) {
      this.#observer?.onFailure(error as Error);
      return;
    } finally {
      this.#isLooking = false;
    }
    this.#observer.onLook();
    const tookMs = performance.now() - beganAt;
    // The pause is at least as long as the look, so looks take half of the time at most.
    const delayMs = Math.max(this.#intervalMs - tookMs, tookMs);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isPaused) void this.#lookAgain();
    }, delayMs);
  }

  async #dump(): Promise<TcpSocketDump | Failure> {
    const options = { maxSockets: MOST_SOCKETS };
    return this.#target.kind === "port" ? dumpTcpSockets(this.#target.port, options) : dumpAllTcpSockets(options);
  }
}
