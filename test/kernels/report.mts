// What a guest tells its host, on the console that both share with the kernel: one line of JSON after a mark.
// Written by guest/run-tests.mts and guest/init.sh, read by machine.mts.

const MARK = "@sockinfo ";

/** What the guest is. */
export interface GuestFacts {
  readonly release: string;
  readonly arch: string;
  readonly endianness: "BE" | "LE";
  readonly node: string;
  /** Of what the kernel answers to TCP_INFO. */
  readonly tcpInfoBytes: number;
}

export type Line =
  /** From guest/init.sh. */
  | { readonly type: "booted" }
  | { readonly type: "facts"; readonly facts: GuestFacts }
  | { readonly type: "started"; readonly test: string }
  | { readonly type: "passed" | "skipped"; readonly test: string }
  | { readonly type: "failed"; readonly test: string; readonly errors: readonly string[] }
  /** How many have passed, failed or been skipped. */
  | { readonly type: "finished"; readonly results: number }
  /** From guest/init.sh: Node's exit status, in a shell's words: 128 + the signal's number when one ended it. */
  | { readonly type: "exited"; readonly status: number };

export function formatLine(line: Line): string {
  return `${MARK}${JSON.stringify(line)}\n`;
}

/** `undefined` for what the kernel or a test has written. */
export function parseLine(text: string): Line | undefined {
  // Something that has no newline may stand before the mark.
  const at = text.indexOf(MARK);
  if (at < 0) return undefined;
  try {
    return JSON.parse(text.slice(at + MARK.length)) as Line;
  } catch {
    return { type: "failed", test: "a line that can't be read", errors: [text] };
  }
}
