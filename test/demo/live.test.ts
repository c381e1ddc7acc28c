// `npm run demo` in a real terminal: its verdicts against the kernel's counters, its keys, and what is left of it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { until } from "../helpers/servers";
import { TmuxTerminal } from "../cli/top/tmux";
import { isAlive, networkOf, processesBelow, processesIn } from "./processes";

/** Each verdict takes seconds, and the machine may be busy. */
const SLOW = { timeout: 180_000 };

/** The folder of temporary files is the test's own. */
function startDemo(...parameters: string[]) {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-demo-test-"));
  const terminal = new TmuxTerminal({ columns: 100, rows: 40, env: { TMPDIR: folder } });
  onTestFinished(() => {
    terminal.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const shell = Number(terminal.flag("pane_pid"));
  terminal.run(`cd ${root}; ${process.execPath} --import tsx demo/demo.mts ${parameters.join(" ")}`);
  return { terminal, shell, leftovers: () => readdirSync(folder).filter((name) => name.startsWith("sockinfo-")) };
}

/** The two lines of a client. */
function linesOf(screen: string, client: string): string {
  const lines = screen.split("\n");
  const index = lines.findIndex((line) => line.slice(4).startsWith(client));
  return lines.slice(index, index + 2).join("\n");
}

const says = (client: string, verdict: string) => (screen: string) =>
  linesOf(screen, client).startsWith(`${client.padEnd(13)}${verdict} `, 4);

/** The usual screen with its cursor, and lines that the terminal edits. */
async function expectRestored(terminal: TmuxTerminal): Promise<void> {
  await terminal.until((screen) => !screen.includes("Page:"));
  terminal.run("stty -a");
  expect(await terminal.untilText("echoke")).toMatch(/ icanon .* echo /s);
  expect([terminal.flag("cursor_flag"), terminal.flag("alternate_on")]).toEqual(["1", "0"]);
}

describe.skipIf(lacks("linux", "root", "tun", "compiler", "ip", "ss", "tmux"))("over paths", () => {
  /** The kernel's words on the server's connection of a client. */
  function ss(serverPid: number, client: number): string {
    const filter = ["sport", "=", ":8080", "and", "dst", `10.9.${client}.2`];
    return execFileSync("nsenter", ["-t", String(serverPid), "-n", "ss", "-tinOH", ...filter], { encoding: "utf8" });
  }
  const numberIn = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const retransmitted = (text: string) => numberIn(text, / retrans:\d+\/(\d+)/);

  test("each client has the verdict of its path, keys change it, and nothing is left", SLOW, async () => {
    const { terminal, shell, leftovers } = startDemo();
    await terminal.until(says("slow reader", "slow-reader"));
    await terminal.until(says("lossy", "lossy"));
    await terminal.until(says("events", "application-limited"));
    await terminal.until(says("far", "healthy"));
    await terminal.until(says("fast", "healthy"));
    await terminal.until(says("dead", "stalled"));
    expect(leftovers()).toHaveLength(1);

    const server = processesBelow(shell).find(({ command }) => command.includes("server-process.mts"));
    const network = networkOf(server?.pid ?? 0) ?? "";
    expect(network).not.toBe(networkOf(process.pid));
    const pid = server?.pid ?? 0;
    expect(numberIn(ss(pid, 6), / backoff:(\d+)/)).toBeGreaterThan(0);
    expect(numberIn(ss(pid, 4), / notsent:(\d+)/)).toBeGreaterThan(0);
    expect(numberIn(ss(pid, 2), / minrtt:([\d.]+)/)).toBeGreaterThanOrEqual(180);

    // Path 1 loses packets from now on, and the kernel counts what it sends again.
    const before = ss(pid, 1);
    terminal.press("1", "l", "l", "l");
    expect(await terminal.until(says("fast", "lossy"))).toContain("12 Mbit/s, 4 % lost");
    await until(() => retransmitted(ss(pid, 1)) > retransmitted(before) + 10);

    // As at first, with another connection.
    terminal.press("r");
    await terminal.until(says("fast", "healthy"));
    const portOf = (text: string) => numberIn(text, /10\.9\.1\.2:(\d+)/);
    expect(portOf(ss(pid, 1))).not.toBe(portOf(before));

    terminal.press("d", "d", "d");
    await terminal.until(says("fast", "queueing"));
    expect(numberIn(ss(pid, 1), / rtt:([\d.]+)/)).toBeGreaterThan(300);

    terminal.press("4", "s");
    await terminal.until((screen) => linesOf(screen, "slow reader").includes("the client does not read"));
    await terminal.until((screen) => linesOf(screen, "slow reader").includes("has taken nothing"));

    // The terminal view has the same connections. The demo comes back after it.
    terminal.press("t");
    await terminal.until((view) => view.includes("10.9.3.2") && view.includes("lossy") && !view.includes("Page:"));
    terminal.press("q");
    await terminal.untilText("Page:");

    terminal.press("C-c");
    await expectRestored(terminal);
    await until(() => processesIn(network).length === 0);
    expect(processesBelow(shell)).toEqual([]);
    expect(leftovers()).toEqual([]);
  });
});

describe.skipIf(lacks("linux", "tmux"))("on loopback", () => {
  test("a client that stops reading changes its verdict, and nothing is left if the server is killed", async () => {
    const { terminal, shell, leftovers } = startDemo("--loopback");
    const screen = await terminal.until(says("video", "application-limited"));
    expect(screen).toContain("Network paths are missing: --loopback.");
    expect(screen).not.toContain("more loss");
    terminal.press("1", "s");
    await terminal.until(says("video", "slow-reader"));
    await kill(shell, "server-process.mts");
    expect(leftovers()).toEqual([]);
    await expectRestored(terminal);
  });

  test("nothing is left if the first process is killed", async () => {
    const { terminal, shell, leftovers } = startDemo("--loopback");
    await terminal.until((screen) => screen.includes("q quit"));
    await kill(shell, "demo.mts");
    await until(() => leftovers().length === 0);
    await expectRestored(terminal);
  });

  /** Waits until all processes of the demo have ended. */
  async function kill(shell: number, name: string): Promise<void> {
    const processes = processesBelow(shell);
    expect(processes.filter(({ command }) => /process.mts$/.test(command))).toHaveLength(2);
    process.kill(processes.find(({ command }) => command.includes(name))?.pid ?? 0, "SIGKILL");
    await until(() => processes.every(({ pid }) => !isAlive(pid)));
  }
});
