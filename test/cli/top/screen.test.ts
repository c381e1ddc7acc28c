// The live screen in a real terminal, tmux, over a page whose numbers are fixed.
import { afterEach, expect, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { FRAME, listenFakePage, ROW, sendFrames } from "./fake-page";
import { type TerminalOptions, TmuxTerminal, topCommand } from "./tmux";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function open(options: TerminalOptions): TmuxTerminal {
  const terminal = new TmuxTerminal(options);
  closers.push(() => terminal.close());
  return terminal;
}

async function openPage(frame: unknown = FRAME): Promise<string> {
  const page = await listenFakePage(sendFrames(frame));
  closers.push(() => page.close());
  return page.address;
}

/** The clock and the path of the socket are not the same in each run. */
function withoutChanges(screen: string, path: string): string {
  return screen
    .replace(/\d\d:\d\d:\d\d$/m, "hh:mm:ss")
    .replace(path, "/run/page.sock".padEnd(path.length))
    .replace(/[▁▂▃▄▅▆▇█]+/g, (graph) => " ".repeat(graph.length))
    .replaceAll(/ +$/gm, "");
}

const isLacking = lacks("linux", "tmux");

test.skipIf(isLacking).each([
  [80, 24],
  [120, 30],
  [200, 40],
])("the screen at %i columns", async (columns, rows) => {
  const path = await openPage();
  const terminal = open({ columns, rows });
  terminal.run(topCommand(path));
  // The second frame has differences to the first one.
  const screen = await terminal.untilText("connections 3 +0 -0");
  await expect(`${withoutChanges(screen, path)}\n`).toMatchFileSnapshot(`screens/${columns}.txt`);
});

test.skipIf(isLacking)("follows the size of the terminal, down to nothing and back", async () => {
  const path = await openPage();
  const terminal = open({ columns: 120, rows: 30 });
  terminal.run(topCommand(path));
  await terminal.untilText("lossy");
  for (const [columns, rows] of [
    [80, 24],
    [40, 12],
    [20, 5],
    [3, 2],
    [200, 40],
  ] as const) {
    terminal.resize(columns, rows);
    await terminal.until((screen) => screen.startsWith("so") && terminal.flag("pane_width") === `${columns}`);
  }
  // The second frame has differences to the first one.
  const screen = await terminal.untilText("connections 3 +0 -0");
  await expect(`${withoutChanges(screen, path)}\n`).toMatchFileSnapshot("screens/200.txt");
});

test.skipIf(isLacking)("keys: select, sort, reverse, filter, pause, help, quit", async () => {
  const path = await openPage();
  const terminal = open({ columns: 120, rows: 30 });
  terminal.run(topCommand(path));
  await terminal.untilText("The path loses 3.1 %");
  terminal.press("Down");
  await terminal.untilText("Nothing was sent, and nothing waits.");
  terminal.press("End");
  await terminal.untilText("The peer takes nothing");
  terminal.press("g");
  await terminal.untilText("The path loses 3.1 %");

  const order = (screen: string): number[] =>
    ["192.0.2.7:50123", "[2001:db8::1:7]:41000", "192.0.2.200:50999"]
      .map((remote, row) => [screen.indexOf(`\n${remote}`), row] as const)
      .toSorted(([one], [other]) => one - other)
      .map(([, row]) => row);
  terminal.press("a");
  await terminal.until((screen) => screen.includes("AGE▼") && order(screen).join() === "1,0,2");
  terminal.press("R");
  await terminal.until((screen) => screen.includes("AGE▲") && order(screen).join() === "2,0,1");
  terminal.press("x");
  await terminal.until((screen) => screen.includes("RETR▼") && order(screen).join() === "0,2,1");
  terminal.press("<");
  await terminal.until((screen) => screen.includes("RATE▼"));

  terminal.press("/");
  terminal.run("slow");
  const filtered = await terminal.untilText('1 of 3 match "slow"');
  expect(filtered).not.toContain("[2001:db8::1:7]:41000");
  terminal.press("Escape");
  await terminal.untilText("[2001:db8::1:7]:41000");

  terminal.press("p");
  await terminal.untilText("paused");
  terminal.press("p");
  await terminal.until((screen) => !screen.includes("paused"));
  terminal.press("?");
  const help = await terminal.untilText("Reverse the order");
  expect(help).not.toContain("192.0.2.7:50123");
  terminal.press("?");
  await terminal.untilText("192.0.2.7:50123");
  terminal.press("q");
  await terminal.until(() => terminal.flag("alternate_on") === "0");
});

test.skipIf(isLacking)("colours only where something needs attention, and none with NO_COLOR", async () => {
  const path = await openPage();
  const terminal = open({ columns: 80, rows: 24 });
  terminal.run(topCommand(path));
  await terminal.untilText("lossy");
  terminal.press("Down");
  await terminal.untilText("Nothing was sent, and nothing waits.");
  // tmux writes "\e[31m" for red and "\e[33m" for yellow.
  const [red, yellow] = ["\u001B[31m", "\u001B[33m"];
  const coloured = terminal.styledScreen();
  expect(coloured).toContain(`${red}lossy`);
  expect(coloured).toContain(`${yellow}slow-reader`);
  expect(coloured.split(red)).toHaveLength(2);
  terminal.press("q");
  await terminal.until(() => terminal.flag("alternate_on") === "0");
  terminal.run(`NO_COLOR=1 ${topCommand(path)}`);
  await terminal.until((screen) => screen.includes("lossy") && terminal.flag("alternate_on") === "1");
  // 39 and 49 are the default colours.
  expect(terminal.styledScreen().split("\u001B")).not.toContainEqual(
    expect.stringMatching(/^\[(\d+;)*(3|4|9|10)[0-7]m/),
  );
});

test.skipIf(isLacking)("ASCII only, if the locale is not UTF-8", async () => {
  const path = await openPage();
  const terminal = open({ columns: 200, rows: 40, env: { LC_ALL: "C" } });
  terminal.run(topCommand(path));
  const screen = await terminal.untilText("lossy");
  expect(screen).toMatch(/^[ -~\n]*$/);
  expect(screen).toContain("/h?he/??");
});

test.skipIf(isLacking)("a hostile page can't write to the terminal", async () => {
  const evil = "\u001B]0;owned\u0007\u001B[2J\u001B[31m\u202E\u0000\u009B31m<b>";
  const row = { ...ROW, remote: evil, local: evil, path: evil.repeat(99), state: evil, protocol: evil, verdict: evil };
  const path = await openPage({ ...FRAME, takenAt: evil, rows: [{ ...row, cause: evil, sentence: evil.repeat(999) }] });
  const terminal = open({ columns: 200, rows: 40 });
  terminal.run(topCommand(path));
  const screen = await terminal.untilText("<b>");
  expect(screen).toContain("?]0;owned??[2J?[31m???31m<b>");
  expect(terminal.flag("pane_title")).not.toContain("owned");
  expect(terminal.styledScreen()).not.toContain("\u001B[31m");
});
