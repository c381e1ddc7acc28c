// However sockinfo top ends, the shell gets its terminal back: the settings of stty, the screen, the cursor.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../../helpers/docs";
import { lacks } from "../../helpers/needs";
import { type FakePage, FRAME, listenFakePage, sendFrames } from "./fake-page";
import { TmuxTerminal, topCommand } from "./tmux";

const PROGRAM = join(root, "dist/cli/sockinfo.js");
const HANG_UP = join(import.meta.dirname, "hang-up.py");

let page: FakePage;
let terminal: TmuxTerminal;

async function expectSane(settings: string): Promise<void> {
  await terminal.until(() => terminal.flag("alternate_on") === "0");
  expect(terminal.flag("cursor_flag")).toBe("1");
  expect(terminal.flag("wrap_flag")).toBe("1");
  // What the shell had written, and nothing of the program's.
  const screen = terminal.screen().join("\n");
  expect(screen).toContain("\nend of stty");
  expect(screen).not.toContain("RETR");
  expect(await sttySettings()).toBe(settings);
}

async function sttySettings(): Promise<string> {
  terminal.run("clear; stty -a; echo end of stty");
  const screen = await terminal.until((text) => /\nend of stty\n.*[#$]/.test(text));
  return screen.slice(screen.indexOf("speed"), screen.indexOf("end of stty"));
}

/** The process that runs in the terminal. */
function pidOfTop(): number {
  const shell = terminal.flag("pane_pid");
  return Number(execFileSync("pgrep", ["-P", shell], { encoding: "utf8" }).trim());
}

describe.skipIf(lacks("linux", "tmux"))("the terminal is as before", () => {
  let settings: string;

  beforeEach(async () => {
    page = await listenFakePage(sendFrames(FRAME));
    terminal = new TmuxTerminal({ columns: 100, rows: 30 });
    await terminal.until((screen) => /[#$]/.test(screen));
    settings = await sttySettings();
  }, 60_000);
  afterEach(async () => {
    terminal.close();
    await page.close();
  });

  async function start(...parameters: readonly string[]): Promise<void> {
    terminal.run(`${topCommand(page.address, ...parameters)}; echo code $?`);
    await terminal.untilText("lossy");
    expect(terminal.flag("alternate_on")).toBe("1");
  }

  test("after q, with code 0", async () => {
    await start();
    terminal.press("q");
    await terminal.untilText("code 0");
    await expectSane(settings);
  });

  test("after Ctrl-C, which ends it by SIGINT", async () => {
    await start();
    terminal.press("C-c");
    await terminal.until(() => terminal.flag("alternate_on") === "0");
    // The shell ends the line, too, as it does for programs that SIGINT has ended.
    terminal.run("echo status $?");
    expect(await terminal.until((screen) => /\nstatus \d/.test(screen))).toMatch(/\nstatus 130/);
    expect(terminal.screen().join("\n")).not.toMatch(/\ncode \d/);
    await expectSane(settings);
  });

  test.each([
    ["SIGINT", undefined],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGQUIT", 131],
  ] as const)("after %s", async (signal, code) => {
    await start();
    process.kill(pidOfTop(), signal);
    if (code !== undefined) await terminal.untilText(`code ${code}`);
    await expectSane(settings);
  });

  test("after a page that ends, and never comes back", async () => {
    await start();
    await page.close();
    await terminal.untilText("Trying again");
    terminal.press("q");
    await expectSane(settings);
    page = await listenFakePage(sendFrames(FRAME));
  });

  test("after an uncaught exception, whose stack can be read", async () => {
    const fault = join(dirname(page.address), "fault.cjs");
    writeFileSync(fault, 'process.once("SIGUSR2", () => { throw new Error("a made fault"); });');
    terminal.run(`NODE_OPTIONS='--require ${fault}' ${topCommand(page.address)}; echo code $?`);
    await terminal.untilText("lossy");
    process.kill(pidOfTop(), "SIGUSR2");
    const screen = await terminal.untilText("code 1");
    expect(screen).toContain("Error: a made fault");
    await expectSane(settings);
  });

  test("while it is suspended by Ctrl-Z, and fg brings it back", async () => {
    await start();
    terminal.press("C-z");
    await terminal.untilText("Stopped");
    await expectSane(settings);
    terminal.run("fg");
    await terminal.untilText("lossy");
    expect(terminal.flag("alternate_on")).toBe("1");
    terminal.press("q");
    await expectSane(settings);
  });

  test("while it is stopped by SIGTSTP, and SIGCONT draws all again", async () => {
    await start();
    const pid = pidOfTop();
    process.kill(pid, "SIGTSTP");
    await terminal.untilText("Stopped");
    await expectSane(settings);
    terminal.run("fg");
    await terminal.untilText("lossy");
    process.kill(pid, "SIGSTOP");
    await terminal.untilText("Stopped");
    terminal.run("fg");
    await terminal.untilText("lossy");
    terminal.press("q");
    await expectSane(settings);
  });
});

// SIGHUP may be ignored, as by nohup. Node 20 aborts (-6) in its own exit, because it can't set the terminal's modes.
test.skipIf(lacks("linux")).each([
  ["", "-1"],
  ["trap '' HUP; ", "-1"],
])("when its terminal goes away, it ends by SIGHUP: '%s'", (before, expected) => {
  const program = `${before}exec ${process.execPath} ${PROGRAM} top`;
  const printed = execFileSync("python3", [HANG_UP, "sh", "-c", program], { encoding: "utf8" });
  expect(printed.trim()).toBe(expected);
});
