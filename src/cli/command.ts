// What a command is. main.ts has the table of all.
import type { ReadStream, WriteStream } from "node:tty";

/** 0: done. 1: the answer is "no", or it can't be had. 2: the command was not understood. */
export type ExitCode = 0 | 1 | 2;

export interface Option {
  readonly type: "boolean" | "string";
  readonly short?: string;
  /** The word for its value in the help: `<ms>`. */
  readonly value?: string;
  /** One line of the help. */
  readonly help: string;
}

export interface Command {
  readonly name: string;
  /** What stands after the name: `[:port]`. */
  readonly usage: string;
  /** One line of the help. */
  readonly summary: string;
  /** Lines of its own help, below the options. Each has 80 columns at most. */
  readonly details?: readonly string[];
  readonly options: Readonly<Record<string, Option>>;
  /** How many arguments it takes besides options. */
  readonly operands: { readonly least: number; readonly most: number };
  /** It asks sock_diag or /proc. On other systems the program says so, and does not run it. */
  readonly needsLinux: boolean;
  /**
   * Throws a `UsageError` for wrong arguments. What else it throws ends the program with code 1: an `ExpectedError`, a
   * `SocketInfoError` or a system error with their message, another one with its stack.
   */
  run(args: Arguments, io: Io): Promise<ExitCode>;
}

export interface Arguments {
  readonly operands: readonly string[];
  /** True for an option that was given. */
  has(option: string): boolean;
  /** The value of an option of type "string". The last one counts. */
  valueOf(option: string): string | undefined;
}

/** The process's streams and environment. */
export interface Io {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Writes lines to stdout. Text from elsewhere in them must be cleaned before: see clean.ts. */
  print(...lines: readonly string[]): void;
  /** Writes `sockinfo: <message>` to stderr. Cleans the message. */
  printError(message: string): void;
  /** Colours a line of stdout, if that is a terminal with colours and NO_COLOR is not set. */
  paint(color: Color, line: string): string;
}

export type Color = "red" | "yellow" | "bold";

/** What is wrong outside the program, in words for the user. It ends the program with code 1, and without a stack. */
export class ExpectedError extends Error {}

/** The user's mistake. It ends the program with code 2. */
export class UsageError extends Error {}
