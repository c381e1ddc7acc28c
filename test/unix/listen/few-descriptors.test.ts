// Descriptors run out at each step of listenUnix(): the error says so, and neither a file nor a descriptor is left.
import { describe, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { leaveSocket, stateOf } from "../helpers/files";
import { startChild, startDaemon, type Child } from "../helpers/processes";

interface Attempt {
  /** How many descriptors were free. */
  readonly free: number;
  readonly code?: string;
  readonly syscall?: string;
  /** The files in the folder afterwards. */
  readonly names: readonly string[];
  readonly open: number;
}

const start = (path: string): Child<Attempt> =>
  startChild("few-descriptors.mjs", [path], ["sh", "-c", 'ulimit -n 64; exec "$0" "$@"']);

/** All attempts before the first that succeeds. */
async function failuresAt(path: string): Promise<Attempt[]> {
  const child = start(path);
  const failures: Attempt[] = [];
  for (;;) {
    const attempt = await child.next();
    if (attempt.code === undefined) return failures;
    failures.push(attempt);
  }
}

/** Versions of Node differ in how many descriptors they need themselves. */
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

  test("on a path with a stale socket, which stays until connect() has been tried", async () => {
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

  test("on the path of a running daemon, which goes on", async () => {
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
