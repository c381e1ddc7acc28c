// The terminal as a screen: takes it over, and gives it back however the process ends.
import process from "node:process";
import { emitKeypressEvents } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import { type Keypress, nameOfKey } from "./keys";

/** The alternate screen, without cursor, and without going on in the next line at the right end. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[0m\x1b[2J";
/** Cleared first: tmux would show lines of the alternate screen on the usual one, if it has grown meanwhile. */
const LEAVE = "\x1b[0m\x1b[2J\x1b[?7h\x1b[?25h\x1b[?1049l";

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** How long the kernel takes to stop or end a process, at most. Then it has refused to. */
const SIGNAL_TAKES_MS = 50;

export interface TerminalObserver {
  /** A printable character, or a name of keys.ts. */
  readonly onKey: (key: string) => void;
  /** The screen is empty: draw all of it. */
  readonly onRedraw: () => void;
  /** The terminal is gone. The process ends by SIGHUP, as if it had no handler. */
  readonly onGone: () => void;
}

export class Terminal {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #observer: TerminalObserver;
  #isOpen = false;
  #hasScreen = false;
  /** What the screen shows. */
  #lines: readonly string[] = [];

  constructor(input: ReadStream, output: WriteStream, observer: TerminalObserver) {
    this.#input = input;
    this.#output = output;
    this.#observer = observer;
  }

  get columns(): number {
    return Math.max(1, this.#output.columns || 80);
  }

  get rows(): number {
    return Math.max(1, this.#output.rows || 24);
  }

  open(): void {
    this.#isOpen = true;
    process.on("exit", this.#leave);
    // Node prints the error after this event, and then the screen must be the usual one.
    process.on("uncaughtExceptionMonitor", this.#leave);
    for (const signal of ENDING_SIGNALS) process.on(signal, this.end);
    process.on("SIGTSTP", this.#onStop);
    process.on("SIGCONT", this.#onContinue);
    this.#output.on("resize", this.#redraw);
    this.#output.on("error", this.#onGone);
    this.#input.on("error", this.#onGone);
    this.#input.on("end", this.#onGone);
    emitKeypressEvents(this.#input);
    this.#input.on("keypress", this.#onKeypress);
    this.#enter();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#leave();
    process.off("exit", this.#leave);
    process.off("uncaughtExceptionMonitor", this.#leave);
    for (const signal of ENDING_SIGNALS) process.off(signal, this.end);
    process.off("SIGTSTP", this.#onStop);
    process.off("SIGCONT", this.#onContinue);
    this.#output.off("resize", this.#redraw);
    this.#output.off("error", this.#onGone);
    this.#input.off("error", this.#onGone);
    this.#input.off("end", this.#onGone);
    this.#input.off("keypress", this.#onKeypress);
    this.#input.pause();
  }

  /** Shows `lines`, and writes only those that have changed. */
  draw(lines: readonly string[]): void {
    if (!this.#hasScreen) return;
    let text = "";
    for (let index = 0; index < Math.max(lines.length, this.#lines.length); index++) {
      const line = lines[index] ?? "";
      if (line !== this.#lines[index]) text += `\x1b[${index + 1};1H\x1b[K${line}\x1b[0m`;
    }
    this.#lines = lines;
    if (text !== "") this.#output.write(text);
  }

  /** Gives the terminal back and ends the process by that signal, so that a shell knows why it ended. */
  readonly end = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };

  /** As Ctrl-Z does: the whole process group stops, with npx and the shell that it started. */
  suspend(): void {
    this.#stop(0);
  }

  readonly #onStop = (): void => this.#stop(process.pid);

  #stop(pid: number): void {
    this.#leave();
    process.off("SIGTSTP", this.#onStop);
    process.kill(pid, "SIGTSTP");
    // Without a shell that could continue it, the kernel does not stop it.
    setTimeout(this.#onContinue, SIGNAL_TAKES_MS);
  }

  /** Also after SIGSTOP, which no process can handle. The shell may have written meanwhile. */
  readonly #onContinue = (): void => {
    if (!this.#isOpen) return;
    process.off("SIGTSTP", this.#onStop);
    process.on("SIGTSTP", this.#onStop);
    this.#leave();
    this.#enter();
    // Node asks for the size at this signal only, and the kernel sends it to the processes in the foreground.
    process.kill(process.pid, "SIGWINCH");
    this.#redraw();
  };

  readonly #onKeypress = (text: string | undefined, key: Keypress): void => {
    const name = nameOfKey(text, key);
    if (name !== "") this.#observer.onKey(name);
  };

  readonly #onGone = (): void => {
    if (!this.#isOpen) return;
    this.#hasScreen = false;
    this.close();
    this.#observer.onGone();
    // Node 20 aborts in its own exit, because it can't set the modes of a terminal that is gone.
    process.kill(process.pid, "SIGHUP");
    // nohup(1) and some shells make every process ignore SIGHUP.
    setTimeout(() => process.kill(process.pid, "SIGKILL"), SIGNAL_TAKES_MS);
  };

  readonly #redraw = (): void => {
    if (!this.#hasScreen) return;
    this.#lines = [];
    this.#output.write("\x1b[2J");
    this.#observer.onRedraw();
  };

  redraw(): void {
    this.#redraw();
  }

  #enter(): void {
    this.#hasScreen = true;
    this.#lines = [];
    this.#input.setRawMode(true);
    this.#input.resume();
    this.#output.write(ENTER);
  }

  readonly #leave = (): void => {
    if (!this.#hasScreen) return;
    this.#hasScreen = false;
    this.#output.write(LEAVE);
    this.#input.setRawMode(false);
  };
}
