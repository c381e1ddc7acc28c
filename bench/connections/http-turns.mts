// Turns of load on servers in other processes: requests per second, and the server's processor time for each.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Usage } from "../children/report-usage.mts";
import { HttpLoad } from "./http-load.mts";

/** What came of a turn. */
export interface Turn {
  readonly requestsPerSecond: number;
  /** Of the server's processor time. */
  readonly nanosecondsPerRequest: number;
}

/** A server of its own, which has load only during its turns. */
export class LoadedServer {
  readonly #child: ChildProcess;
  readonly #load = new HttpLoad();

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(script: string, parameters: string[], connections: number): Promise<LoadedServer> {
    const server = new LoadedServer(fork(script, parameters));
    const [port] = (await once(server.#child, "message")) as [number];
    await server.#load.start(port, connections, "/");
    server.#load.pause();
    return server;
  }

  async turn(path: string, turnMs: number): Promise<Turn> {
    this.#load.setPath(path);
    const before = await this.#usage();
    const answered = this.#load.answered;
    const start = performance.now();
    this.#load.resume();
    await sleep(turnMs);
    const requestsPerSecond = ((this.#load.answered - answered) / (performance.now() - start)) * 1000;
    this.#load.pause();
    const after = await this.#usage();
    const cpuMicroseconds = after.cpuMicroseconds - before.cpuMicroseconds;
    return { requestsPerSecond, nanosecondsPerRequest: (cpuMicroseconds * 1000) / (after.requests - before.requests) };
  }

  stop(): void {
    this.#load.stop();
    this.#child.kill();
  }

  async #usage(): Promise<Usage> {
    this.#child.send("usage");
    const [answer] = (await once(this.#child, "message")) as [Usage];
    return answer;
  }
}
