// The demo's side of the terminal: it shows the lines of screen.mts, reads keys, and runs `sockinfo top` on request.
// Where the output is no terminal, it prints a line for each change of a verdict.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import type { DemoClient } from "./demo-client.mts";
import { keysFor } from "./keys.mts";
import type { PageAddresses } from "./page.mts";
import { linesOf } from "./screen.mts";
import type { Verdicts } from "./verdicts.mts";

export interface TerminalOptions {
  readonly page: PageAddresses;
  readonly clients: readonly DemoClient[];
  readonly verdicts: Verdicts;
  /** Why there are no paths. */
  readonly reason: string | undefined;
  readonly end: () => void;
}

const SOCKINFO = join(import.meta.dirname, "..", "..", "dist", "cli", "sockinfo.js");
const CTRL_C = "\x03";
const ENTER_SCREEN = "\x1b[?1049h\x1b[?25l";
export const LEAVE_SCREEN = "\x1b[?25h\x1b[?1049l";
/** From the upper left corner on, over what is there. */
const HOME = "\x1b[H";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #places: readonly string[];
  readonly #isScreen: boolean;
  readonly #lastVerdicts: (string | undefined)[] = [];
  #chosen = 0;
  #view: ChildProcess | undefined;
  #isClosed = false;

  constructor(options: TerminalOptions) {
    const { page, clients, reason } = options;
    this.#options = options;
    this.#places = [
      `A server with ${clients.length} clients${reason === undefined ? ", each over a network path of its own" : ""}.`,
      ...(reason === undefined ? [] : [`They are on loopback. Network paths are missing: ${reason}.`]),
      `Page: ${page.url}`,
      `Terminal view: t, or from another terminal: npx sockinfo top ${page.socketPath}`,
    ];
    this.#isScreen = process.stdout.isTTY;
    if (this.#isScreen) process.stdout.write(ENTER_SCREEN);
    else console.log(this.#places.join("\n"));
    process.stdout.on("resize", () => this.show());
    process.stdin.on("data", (keys) => {
      for (const key of String(keys)) this.#press(key);
    });
    this.#takeKeys();
    this.show();
  }

  show(): void {
    if (this.#view) return;
    if (this.#isScreen) this.#draw();
    else this.#printChanges();
  }

  /** Gives the terminal back, as it was. Later calls do nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#view?.kill();
    if (this.#isScreen) process.stdout.write(LEAVE_SCREEN);
    try {
      this.#releaseKeys();
    } catch {
      // The shell has taken the terminal back, because the first process was killed.
    }
  }

  #draw(): void {
    const { columns, rows } = process.stdout;
    const { clients, verdicts } = this.#options;
    const content = { places: this.#places, clients, chosen: this.#chosen, diagnosisOf: verdicts.of.bind(verdicts) };
    const lines = linesOf(content, columns, rows, process.env["NO_COLOR"] === undefined);
    process.stdout.write(HOME + lines.map((line) => line + CLEAR_LINE_END).join("\r\n") + CLEAR_BELOW);
  }

  #printChanges(): void {
    for (const [index, { plan }] of this.#options.clients.entries()) {
      const diagnosis = this.#options.verdicts.of(index);
      if (!diagnosis || diagnosis.verdict === this.#lastVerdicts[index]) continue;
      this.#lastVerdicts[index] = diagnosis.verdict;
      console.log(`${plan.name}: ${diagnosis.verdict}. ${diagnosis.sentence}`);
    }
  }

  #press(key: string): void {
    const { clients, end } = this.#options;
    if (key === "q" || key === CTRL_C) return end();
    if (key === "t") return this.#openView();
    if (clients[Number(key) - 1]) this.#chosen = Number(key) - 1;
    const chosen = clients[this.#chosen];
    const found = keysFor(chosen?.path !== undefined).find((each) => each.key === key);
    if (chosen) found?.act(chosen);
    this.show();
  }

  /** Until it ends, the view has the terminal. */
  #openView(): void {
    if (!this.#isScreen) return;
    this.#releaseKeys();
    process.stdout.write(LEAVE_SCREEN);
    this.#view = spawn(process.execPath, [SOCKINFO, "top", this.#options.page.socketPath], { stdio: "inherit" });
    this.#view.once("exit", () => {
      this.#view = undefined;
      process.stdout.write(ENTER_SCREEN);
      this.#takeKeys();
      this.show();
    });
  }

  #takeKeys(): void {
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.resume();
  }

  #releaseKeys(): void {
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
  }
}
