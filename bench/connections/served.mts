// A server in a process of its own (../children/), and turns of load on it.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Memory, Question, Usage } from "../children/report-usage.mts";
import type { Address } from "./lanes.mts";
import type { Load } from "./load.mts";

/** What came of a turn. */
export interface Turn {
  readonly requestsPerSecond: number;
  /** Of the server's processor time. */
  readonly nanosecondsPerRequest: number;
}

export class Served {
  readonly address: Address;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, address: Address) {
    this.#child = child;
    this.address = address;
  }

  static async start(file: string, args: readonly string[]): Promise<Served> {
    const child = fork(file, args, { execArgv: [...process.execArgv, "--expose-gc"] });
    const ended = once(child, "exit").then(([code]) => Promise.reject(new Error(`${file} ended with ${String(code)}`)));
    const [address] = (await Promise.race([once(child, "message"), ended])) as [Address];
    ended.catch(() => {});
    return new Served(child, address);
  }

  stop(): void {
    this.#child.kill();
  }

  async takeTurn(load: Load, turnMs: number): Promise<Turn> {
    load.run();
    // Until it is under way.
    await sleep(10);
    const before = await this.#usage();
    const answered = load.answered;
    const start = performance.now();
    await sleep(turnMs);
    const requestsPerSecond = ((load.answered - answered) / (performance.now() - start)) * 1000;
    const after = await this.#usage();
    await load.halt();
    const cpuMicroseconds = after.cpuMicroseconds - before.cpuMicroseconds;
    return { requestsPerSecond, nanosecondsPerRequest: (cpuMicroseconds * 1000) / (after.requests - before.requests) };
  }

  memory(): Promise<Memory> {
    return this.#ask("memory");
  }

  #usage(): Promise<Usage> {
    return this.#ask("usage");
  }

  async #ask<Answer>(question: Question): Promise<Answer> {
    this.#child.send(question);
    const [answer] = (await once(this.#child, "message")) as [Answer];
    return answer;
  }
}
