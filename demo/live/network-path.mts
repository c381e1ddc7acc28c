// Starts test/helpers/network-path.cc for one client, and changes its path. Needs a network namespace of its own. The
// program ends with this process.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { PathSettings } from "./plans.mts";

export class NetworkPath {
  settings: PathSettings;
  readonly #program: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(settings: PathSettings, program: ChildProcessByStdio<Writable, Readable, null>) {
    this.settings = settings;
    this.#program = program;
  }

  /** The server gets the address 10.9.<number>.1, and clients reach it as 10.9.<number>.2. */
  static async open(program: string, number: number, serverPort: number, settings: PathSettings): Promise<NetworkPath> {
    const parameters = [String(serverPort), `path=${number}`, ...wordsOf(settings)];
    const child = spawn(program, parameters, { stdio: ["pipe", "pipe", "inherit"] });
    // It prints a line when its interface is up, and one for each change.
    await once(child.stdout, "data");
    child.stdout.resume();
    return new NetworkPath(settings, child);
  }

  change(change: Partial<PathSettings>): void {
    this.settings = { ...this.settings, ...change };
    this.#program.stdin.write(`${wordsOf(this.settings).join(" ")}\n`);
  }
}

const wordsOf = (settings: PathSettings): string[] =>
  Object.entries(settings).map(([name, value]) => `${name}=${value}`);
