// A real terminal: tmux, with a shell of its own.
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { root } from "../../helpers/docs";

export const PROGRAM: string = join(root, "dist/cli/sockinfo.js");

/** The command that starts `sockinfo top` in the Node of the tests. */
export function topCommand(...parameters: readonly string[]): string {
  return [process.execPath, PROGRAM, "top", ...parameters].map((word) => `'${word}'`).join(" ");
}

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** How long a condition may take on a busy machine. */
const PATIENCE_MS = 45_000;
const SHELL = "bash --norc --noprofile";

export class TmuxTerminal {
  readonly #server = `sockinfo-${randomUUID()}`;

  constructor({ columns, rows, env = {} }: TerminalOptions) {
    const variables: NodeJS.ProcessEnv = { ...process.env, LC_ALL: "C.UTF-8", PS1: "$ ", ...env };
    for (const name of ["TMUX", "NO_COLOR", "FORCE_COLOR"]) if (!(name in env)) delete variables[name];
    const size = ["-x", `${columns}`, "-y", `${rows}`];
    // -u: tmux shows UTF-8 whatever the locale of the shell.
    execFileSync("tmux", ["-u", "-L", this.#server, "-f", "/dev/null", "new-session", "-d", ...size, SHELL], {
      env: variables,
    });
  }

  /** Types a text and Enter. */
  run(command: string): void {
    this.#tmux("send-keys", "-l", command);
    this.press("Enter");
  }

  /** Keys by tmux's names: "q", "Down", "C-c". */
  press(...keys: readonly string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  /** The lines of the screen, without spaces at their ends. */
  screen(): string[] {
    return this.#tmux("capture-pane", "-p").replace(/\n$/, "").split("\n");
  }

  /** With the escape sequences of colours and other styles. */
  styledScreen(): string {
    return this.#tmux("capture-pane", "-p", "-e");
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** A variable of tmux, such as "alternate_on" or "cursor_flag". */
  flag(name: string): string {
    return this.#tmux("display-message", "-p", `#{${name}}`).trim();
  }

  async until(isThere: (screen: string) => boolean): Promise<string> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const screen = this.screen().join("\n");
      if (isThere(screen)) return screen;
      if (Date.now() > end) throw new Error(`The screen stays:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async untilText(text: string): Promise<string> {
    return this.until((screen) => screen.includes(text));
  }

  close(): void {
    try {
      this.#tmux("kill-server");
    } catch {
      // The shell has ended, and the server with it.
    }
  }

  #tmux(...parameters: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#server, ...parameters], { encoding: "utf8", stdio: "pipe" });
  }
}
