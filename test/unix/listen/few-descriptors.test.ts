// Descriptors run out on the way to listening, at each step: an error that says so, and nothing is left, neither file nor descriptor.
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { leaveSocket, stateOf } from "../helpers/files";
import { startChild, startDaemon, type Child } from "../helpers/processes";

interface Attempt {
  /** How many descriptors it had for it. */
  readonly free: number;
  readonly code?: string;
  readonly syscall?: string;
  /** What was in the folder afterwards. */
  readonly names: readonly string[];
  readonly open: number;
}

const start = (path: string): Child<Attempt> =>
  startChild("few-descriptors.mjs", [path], ["sh", "-c", 'ulimit -n 64; exec "$0" "$@"']);

/** All until the first that succeeds. */
async function failuresAt(path: string): Promise<Attempt[]> {
  const child = start(path);
  const failures: Attempt[] = [];
  for (;;) {
    const attempt = await child.next();
    if (attempt.code === undefined) return failures;
    failures.push(attempt);
  }
}

/** How many descriptors Node itself takes on the way differs between its versions. */
const isOneNode = process.version.startsWith("v20.");

describe.skipIf(lacks("linux") || !isOneNode)("descriptors run out", () => {
  test("on a free path", async () => {
    const failures = await failuresAt(socketPath());
    const [first] = failures;
    expect(failures.map(({ syscall }) => syscall)).toEqual(["open", "socket", "open"]);
    for (const { code, names, open } of failures) {
      expect({ code, names, open }).toEqual({ code: "EMFILE", names: [], open: first?.open });
    }
  });

  test("on a path with a stale socket, which is not touched before somebody has been asked for", async () => {
    const path = socketPath();
    leaveSocket(path);
    const failures = await failuresAt(path);
    const [first] = failures;
    expect(first).toMatchObject({ code: "EADDRINUSE", names: ["socket"] });
    for (const { names, open } of failures) {
      expect(names).not.toContain("socket.lock");
      expect(open).toBe(first?.open);
    }
  });

  test("on the path of a living daemon, which goes on", async () => {
    const path = socketPath();
    const { pid } = await startDaemon({ where: path }).next();
    const before = stateOf(path);
    const late = start(path);
    for (let free = 0; free < 5; free++) {
      expect(await late.next()).toMatchObject({ free, code: "EADDRINUSE", names: ["socket"] });
    }
    expect(stateOf(path)).toEqual(before);
    expect(await ask(path)).toBe(String(pid));
  });
});
