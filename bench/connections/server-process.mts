// A server in a process of its own (../children/), and what it does during a slice of time.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Memory, ReportName, Usage } from "../children/listen-and-report.mts";
import type { Address } from "./clients.mts";
import type { Load } from "./load.mts";
import { readMainThreadCpuNs } from "./main-thread-cpu.mts";

/** What a server did in a slice of time. */
export interface Slice {
  readonly answersPerSecond: number;
  readonly cpuNsPerAnswer: number;
}

/** A server that has used no CPU time for so long is idle. */
const IDLE_MS = 2;

export class ServerProcess {
  readonly address: Address;
  readonly #child: ChildProcess;
  /** At the end of the last slice. What the server puts off until after a slice counts for the next one. */
  #cpuNs = NaN;

  private constructor(child: ChildProcess, address: Address) {
    this.#child = child;
    this.address = address;
  }

  static async start(program: string, args: readonly string[]): Promise<ServerProcess> {
    const child = fork(program, args, { execArgv: [...process.execArgv, "--expose-gc"] });
    const ended = once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`${program} ended with ${String(code)}`)),
    );
    const [address] = (await Promise.race([once(child, "message"), ended])) as [Address];
    ended.catch(() => {});
    return new ServerProcess(child, address);
  }

  stop(): void {
    this.#child.kill();
  }

  async measureSlice(load: Load, ms: number): Promise<Slice> {
    const answered = load.answered;
    const start = performance.now();
    load.run();
    await sleep(ms);
    await load.halt();
    const seconds = (performance.now() - start) / 1000;
    const answers = load.answered - answered;
    const before = this.#cpuNs;
    this.#cpuNs = await this.#cpuNsWhenIdle();
    return { answersPerSecond: answers / seconds, cpuNsPerAnswer: (this.#cpuNs - before) / answers };
  }

  /** The CPU time of all threads without a load, in nanoseconds per second. */
  async measureCpuNs(ms: number): Promise<number> {
    const before = await this.#ask<Usage>("usage");
    const start = performance.now();
    await sleep(ms);
    const after = await this.#ask<Usage>("usage");
    const cpuMicroseconds = after.cpuMicroseconds - before.cpuMicroseconds;
    return (cpuMicroseconds * 1000) / ((performance.now() - start) / 1000);
  }

  measureMemory(): Promise<Memory> {
    return this.#ask("memory");
  }

  /** The CPU time of the main thread when it has nothing left to do. */
  async #cpuNsWhenIdle(): Promise<number> {
    let [before, now] = [NaN, this.#readCpuNs()];
    while (before !== now) {
      await sleep(IDLE_MS);
      [before, now] = [now, this.#readCpuNs()];
    }
    return now;
  }

  #readCpuNs(): number {
    return readMainThreadCpuNs(this.#child.pid as number);
  }

  async #ask<Report>(name: ReportName): Promise<Report> {
    this.#child.send(name);
    const [report] = (await once(this.#child, "message")) as [Report];
    return report;
  }
}
