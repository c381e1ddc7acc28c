// The lines that a guest reports on its console: JSON after a mark, because the kernel writes to the console, too.
// The scripts of guests and guest/init.sh write them, machine.mts reads them.

const MARK = "@sockinfo ";

/** The facts about the guest. */
export interface GuestFacts {
  readonly release: string;
  readonly arch: string;
  readonly endianness: "BE" | "LE";
  readonly node: string;
  /** The length of the kernel's TCP_INFO. */
  readonly tcpInfoBytes: number;
}

export type Line =
  /** guest/init.sh reports this. */
  | { readonly type: "booted" }
  | { readonly type: "facts"; readonly facts: GuestFacts }
  | { readonly type: "started"; readonly test: string }
  | { readonly type: "passed" | "skipped"; readonly test: string }
  | { readonly type: "failed"; readonly test: string; readonly errors: readonly string[] }
  /** A run of test:diagnosis. */
  | { readonly type: "recorded"; readonly recording: string }
  /** How many tests have passed, failed or been skipped. */
  | { readonly type: "finished"; readonly results: number }
  /**
   * guest/init.sh reports Node's exit status as the shell has it: 128 + the signal's number if a signal ended Node.
   */
  | { readonly type: "exited"; readonly status: number };

export function formatLine(line: Line): string {
  return `${MARK}${JSON.stringify(line)}\n`;
}

/** `undefined` for a line of the kernel or of a test. */
export function parseLine(text: string): Line | undefined {
  // Text without a newline may precede the mark.
  const at = text.indexOf(MARK);
  if (at < 0) return undefined;
  try {
    return JSON.parse(text.slice(at + MARK.length)) as Line;
  } catch {
    return { type: "failed", test: "a line that can't be read", errors: [text] };
  }
}
