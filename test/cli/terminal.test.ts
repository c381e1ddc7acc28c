// In a terminal: lines that fit, and colours only where something is wrong. In a pipe: neither.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { runProgram } from "../helpers/program";
import { connectPair } from "../helpers/servers";

/** Runs the program in a terminal of this size. */
const inTerminal = (columns: number) => [
  "python3",
  "-c",
  "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)",
  "sh",
  "-c",
  `stty cols ${columns} rows 24; exec "$@"`,
  "sh",
];

/** Node finds colours by these. In most CI it finds none. */
const COLORED = { TERM: "xterm-256color", CI: undefined };

const ESCAPE = "\u001b";
const RED = new RegExp(`^${ESCAPE}\\[31m.* 100 % .*${ESCAPE}\\[0m$`);

describe.skipIf(lacks("linux", "python"))("sockinfo in a terminal", () => {
  test.each([80, 200])("of %d columns: no line is longer", async (columns) => {
    const { accepted } = await connectPair();
    const ends = [`127.0.0.1:${accepted.remotePort}`, `127.0.0.1:${accepted.localPort}`];
    const { status, stdout } = await runProgram(["show", ...ends], { before: inTerminal(columns), env: COLORED });
    expect(status).toBe(0);
    const lines = stdout.split("\r\n");
    expect(lines.length).toBeGreaterThan(50);
    // The titles of groups are bold.
    expect(stdout).toContain(`${ESCAPE}[1mRound trips${ESCAPE}[0m`);
    expect(lines.filter((line) => stripVTControlCharacters(line).length > columns)).toEqual([]);
  });

  test("a full queue is red, unless NO_COLOR is set", async () => {
    const script =
      'const s = require("net").createServer().listen(0, "127.0.0.1", 1, () => console.log(s.address().port))';
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [port] = (await once(createInterface(child.stdout), "line")) as [string];
    child.kill("SIGSTOP");
    const clients = Array.from({ length: 4 }, () => connect(Number(port), "127.0.0.1").on("error", () => {}));
    onTestFinished(() => clients.forEach((client) => client.destroy()));
    const lineOf = async (running: Parameters<typeof runProgram>[1]) => {
      const { stdout } = await runProgram(["listeners"], running);
      return stdout.split(/\r?\n/).find((line) => line.includes(`:${port} `));
    };
    const before = inTerminal(120);
    const env = COLORED;
    await expect.poll(() => lineOf({ before, env }), { timeout: 30_000 }).toMatch(RED);
    expect(await lineOf({ before, env: { ...env, NO_COLOR: "1" } })).toMatch(/^127\.0\.0\.1:\d+ /);
    expect(await lineOf({ before, env: { TERM: "dumb" } })).toMatch(/^127\.0\.0\.1:\d+ /);
    expect(await lineOf({ env })).toMatch(/^127\.0\.0\.1:\d+ /);
  });
});
