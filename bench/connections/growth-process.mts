// A process that holds many connections (../children/measure-growth.mts), and answers what each of them costs.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { GrowthQuestion, Opened } from "../children/measure-growth.mts";
import { forkWithDescriptors } from "./descriptors.mts";

const PROGRAM = join(import.meta.dirname, "../children/measure-growth.mts");

export class GrowthProcess {
  /** Different for each process. */
  readonly name: string;
  readonly opened: Opened;
  readonly #child: ChildProcess;

  private constructor(name: string, child: ChildProcess, opened: Opened) {
    this.name = name;
    this.#child = child;
    this.opened = opened;
  }

  static async start(connections: number, tracking: "tracked" | "untracked"): Promise<GrowthProcess> {
    const child = forkWithDescriptors(PROGRAM, [String(connections), tracking], ["--expose-gc"]);
    const ended = once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`${PROGRAM} ended with ${String(code)}`)),
    );
    const [opened] = (await Promise.race([once(child, "message"), ended])) as [Opened];
    ended.catch(() => {});
    return new GrowthProcess(`${tracking}, ${connections}`, child, opened);
  }

  /** The nanoseconds of CPU time for each connection. */
  async measure(name: string, calls: number): Promise<number> {
    this.#child.send([name, calls] satisfies GrowthQuestion);
    const [nanoseconds] = (await once(this.#child, "message")) as [number];
    return nanoseconds;
  }

  stop(): void {
    this.#child.kill();
  }
}
