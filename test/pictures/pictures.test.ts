// The pictures of README.md, of the demo's real connections. With SOCKINFO_PICTURES=write they are made again.
// Otherwise the test checks that the real page and terminal still have what the pictures show.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TmuxTerminal } from "../cli/top/tmux";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { drawTerminal, textOfPicture } from "./terminal-svg";

const WRITES = process.env["SOCKINFO_PICTURES"] === "write";
const TERMINAL = join(root, "docs/pictures/top.svg");
const PAGE = join(root, "docs/pictures/page.webp");
/** What the picture of the page shows in words. */
const PAGE_TEXTS = join(import.meta.dirname, "page.json");
const COLUMNS = 120;
const MOST_BYTES = 120_000;
/** The graphs have a point for each second. */
const GRAPHS_MS = 60_000;
/** Of the demo's clients. */
const VERDICTS = ["healthy", "lossy", "slow reader", "application limited", "stalled"];
const SLOW = { timeout: 180_000 };

describe.skipIf(lacks("linux", "root", "tun", "compiler", "ip", "tmux", "chromium"))("pictures", () => {
  let terminal: TmuxTerminal;
  let address = "";

  beforeAll(async () => {
    terminal = new TmuxTerminal({ columns: COLUMNS, rows: 22 });
    // The page shows the name of the machine.
    const demo = `hostname demo; exec ${process.execPath} --import tsx demo/demo.mts`;
    terminal.run(`cd ${root}; unshare --uts sh -c "${demo}"`);
    const screen = await terminal.until((text) => / stalled /.test(text) && / lossy /.test(text));
    address = /Page: (\S+)/.exec(screen)?.[1] ?? "";
  }, SLOW.timeout);

  afterAll(async () => {
    // Whatever has the terminal, and then the demo.
    terminal.press("q", "q");
    await terminal.until((text) => !/Page:|REMOTE/.test(text));
    terminal.close();
  });

  test("the terminal", SLOW, async () => {
    terminal.press("t");
    await terminal.until((text) => VERDICTS.every((verdict) => text.includes(verdict.replace(" ", "-"))));
    if (WRITES) {
      // Another connection in depth than the dead one, which comes first.
      terminal.press("Down");
      await wait(GRAPHS_MS);
      writeFileSync(TERMINAL, drawTerminal(terminal.styledScreen(), COLUMNS, "sockinfo top"));
    }
    const picture = textOfPicture(readFileSync(TERMINAL, "utf8"));
    const heads = picture.filter((line) => /\bREMOTE\b/i.test(line));
    expect(heads).toHaveLength(1);
    expect(terminal.screen()).toContain(heads[0]);
    for (const verdict of VERDICTS) expect(picture.join("\n")).toContain(verdict.replace(" ", "-"));
    terminal.press("q");
    await terminal.untilText("Page:");
  });

  describe("in a browser", () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: "/usr/bin/chromium-headless-shell", args: ["--no-sandbox"] });
    });
    afterAll(() => browser.close());

    test("the page", SLOW, async () => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: "light" });
      await page.goto(address);
      await page.waitForFunction(
        (verdicts) => verdicts.every((verdict) => document.body.innerText.includes(verdict)),
        VERDICTS,
      );
      await page.getByText("lossy").first().click();
      if (WRITES) {
        await wait(GRAPHS_MS);
        writeFileSync(PAGE, await webpOf(page));
        writeFileSync(PAGE_TEXTS, `${JSON.stringify(await textsOf(page), null, 2)}\n`);
      }
      expect(await textsOf(page)).toEqual(JSON.parse(readFileSync(PAGE_TEXTS, "utf8")));
      await page.close();
    });
  });

  test("together they are small", () => {
    expect(statSync(TERMINAL).size + statSync(PAGE).size).toBeLessThan(MOST_BYTES);
  });
});

/** The titles of the page, without that of a connection, and the columns of its tables. */
async function textsOf(page: Page): Promise<{ headings: string[]; columns: string[] }> {
  const texts = async (selector: string) => (await page.locator(selector).allInnerTexts()).map((text) => text.trim());
  return { headings: (await texts("h1, h2, h3")).filter((text) => !/\d/.test(text)), columns: await texts("thead th") };
}

async function webpOf(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 80 });
  return Buffer.from(data, "base64");
}
