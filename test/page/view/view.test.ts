// The page in a real browser, on a real server with real connections. The truths are ss, the clients' own counters and
// what the test did.
import type { Server as Http1Server } from "node:http";
import type { Socket } from "node:net";
import { hostname } from "node:os";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { formatBytes, formatMs } from "../../../src/quantities";
import { connectHttp1, type Http1Client } from "../../helpers/http-clients";
import { answers } from "../../helpers/http-servers";
import { lacks } from "../../helpers/needs";
import { portOf, until } from "../../helpers/servers";
import { readSs } from "../../helpers/ss";
import {
  cellOf,
  eventually,
  expectGoodBehaviour,
  remotesOf,
  rowOf,
  type ServedPage,
  servePage,
  useBrowser,
} from "./open-page";

const MARKUP = "/<img%20src=x%20onerror=alert(1)>\"'&lt<script>";

describe.skipIf(lacks("chromium", "ss"))("the page in a browser", () => {
  const open = useBrowser();

  test("has the numbers of ss and of the clients", async () => {
    const served = await servePage(answers.ok);
    const clients = await connectMany(served, 1, 2, 5);
    const { page, ...behaviour } = await open(served.url);
    await eventually(() => remotesOf(page)).toHaveLength(3);
    for (const [index, client] of clients.entries()) {
      const remote = remoteOf(client);
      const truth = readSs(acceptedOf(served, client));
      await eventually(() => cellOf(page, remote, "verdict")).toMatch(/idle/);
      const texts = await Promise.all(
        ["served", "flight", "state", "rtt", "min", "cwnd", "retrans", "unacked", "unsent"].map((name) =>
          cellOf(page, remote, name),
        ),
      );
      expect(texts).toEqual([
        String([1, 2, 5][index]),
        "0",
        "idle",
        formatMs(truth["rttMs"] as number),
        formatMs(truth["minRttMs"] as number),
        formatBytes((truth["sndCwndSegments"] as number) * (truth["sndMssBytes"] as number)),
        "0",
        "0 B",
        "0 B",
      ]);
    }
    const [first] = clients as [Http1Client];
    await rowOf(page, remoteOf(first)).click();
    await eventually(() => fieldOf(page, "bytesSent")).toBe(numberText(first.wire.bytesRead));
    expect(await fieldOf(page, "bytesReceived")).toBe(numberText(first.wire.bytesWritten));
    const truth = readSs(acceptedOf(served, first));
    expect(await fieldOf(page, "pmtuBytes")).toBe(numberText(truth["pmtuBytes"] as number));
    expect(await fieldOf(page, "state")).toBe("ESTABLISHED");
    expectGoodBehaviour(behaviour, served.url);
  });

  test("shows a client that stops reading, its request and what waits", async () => {
    const served = await servePage((_request, response) => response.end(Buffer.alloc(16_000_000)));
    const [client] = (await connectMany(served, 0)) as [Http1Client];
    const { page } = await open(served.url);
    await eventually(() => remotesOf(page)).toEqual([remoteOf(client)]);
    await rowOf(page, remoteOf(client)).click();
    await eventually(() => page.locator("#detail .fields").textContent()).toContain("ESTABLISHED");
    client.stream.pause();
    client.send("/large");
    await eventually(() => cellOf(page, remoteOf(client), "verdict")).toMatch(/slow reader/);
    const socket = acceptedOf(served, client);
    const waiting = (): number => ((readSs(socket)["notSentBytes"] as number) ?? 0) + socket.writableLength;
    await eventually(() => cellOf(page, remoteOf(client), "unsent")).toBe(formatBytes(waiting()));
    expect(await cellOf(page, remoteOf(client), "state")).toBe("active");
    expect(await cellOf(page, remoteOf(client), "path")).toBe("/large");
    await eventually(() => page.locator("#detail .finding").textContent()).toMatch(/slow reader.*wait here/);
    expect(await page.locator("#detail tbody tr").allTextContents()).toEqual([expect.stringContaining("GET /large")]);
  });

  test("sorts by a heading, and says so", async () => {
    const served = await servePage(answers.ok);
    const clients = await connectMany(served, 3, 1, 2);
    const { page } = await open(served.url);
    await eventually(() => remotesOf(page)).toHaveLength(3);
    const [three, one, two] = clients.map((client) => remoteOf(client));
    const heading = page.locator("#columns .c-served");
    await heading.locator("button").click();
    await eventually(() => remotesOf(page)).toEqual([three, two, one]);
    expect(await heading.getAttribute("aria-sort")).toBe("descending");
    await heading.locator("button").click();
    await eventually(() => remotesOf(page)).toEqual([one, two, three]);
    expect(await heading.getAttribute("aria-sort")).toBe("ascending");
    expect(await page.locator("[aria-sort]").count()).toBe(1);
    // The address has the order, so a reload keeps it.
    await page.reload();
    await eventually(() => remotesOf(page)).toEqual([one, two, three]);
  });

  test("filters by state and by text", async () => {
    const served = await servePage(answers.ok);
    const clients = await connectMany(served, 1, 1, 0);
    const [idle, busy, unused] = clients as [Http1Client, Http1Client, Http1Client];
    busy.send("/hang");
    const { page } = await open(served.url);
    await eventually(() => remotesOf(page)).toHaveLength(3);
    const state = (name: string): Promise<void> => page.locator(`#states button:has-text("${name}")`).click();
    await state("active");
    await eventually(() => remotesOf(page)).toEqual([remoteOf(busy)]);
    await state("new");
    await eventually(() => remotesOf(page)).toEqual([remoteOf(unused)]);
    await eventually(() => page.locator("#states").textContent()).toMatch(/all ?3new ?1active ?1idle ?1hijacked ?0/);
    await state("all");
    await page.locator("#text").fill("/HANG");
    await eventually(() => remotesOf(page)).toEqual([remoteOf(busy)]);
    await page.locator("#text").fill(String(idle.wire.localPort));
    await eventually(() => remotesOf(page)).toEqual([remoteOf(idle)]);
    await page.locator("#text").fill("no such thing");
    await eventually(() => page.locator("#none").textContent()).toContain("None of 3 connections matches");
    expect(await page.locator("#none").isVisible()).toBe(true);
  });

  test("works by the keyboard alone", async () => {
    const served = await servePage(answers.ok);
    await connectMany(served, 1, 1, 1);
    const { page } = await open(`${served.url}#order=id&descending=0`);
    await eventually(() => remotesOf(page)).toHaveLength(3);
    const remotes = await remotesOf(page);
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? "");
    await page.locator("#limit").focus();
    for (let presses = 0; (await focused()) !== remotes[0]; presses++) {
      expect(presses).toBeLessThan(30);
      await page.keyboard.press("Tab");
    }
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
    expect(outline).toBe("solid");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await focused()).toBe(remotes[2]);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    expect(await focused()).toBe(remotes[1]);
    await page.keyboard.press("Enter");
    await eventually(() => page.locator("#detail h2").textContent()).toContain(remotes[1]);
    expect(await page.locator("[aria-expanded=true]").textContent()).toBe(remotes[1]);
    // The table is one stop of the Tab key, and the opened connection is the next.
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Close");
    await page.keyboard.press("Escape");
    expect(await page.locator("#detail").isHidden()).toBe(true);
    expect(await focused()).toBe(remotes[1]);
  });

  test("keeps the order under the pointer, and during a pause", async () => {
    const served = await servePage(answers.ok);
    const [first, second] = (await connectMany(served, 1, 2)) as [Http1Client, Http1Client];
    const { page } = await open(`${served.url}#order=requestsServed`);
    const before = [remoteOf(second), remoteOf(first)];
    await eventually(() => remotesOf(page)).toEqual(before);
    await rowOf(page, remoteOf(first)).hover();
    await getMany(first, 4);
    await eventually(() => cellOf(page, remoteOf(first), "served")).toBe("5");
    expect(await remotesOf(page)).toEqual(before);
    await eventually(() => page.locator("#shown").textContent()).toContain("Order held");
    await page.locator("h1").hover();
    await eventually(() => remotesOf(page)).toEqual(before.toReversed());

    await page.locator("#pause").click();
    await getMany(second, 9);
    await seeMoreFrames(page, 3);
    expect(await remotesOf(page)).toEqual(before.toReversed());
    expect(await cellOf(page, remoteOf(second), "served")).toBe("2");
    expect(await page.locator("#status").textContent()).toBe("Paused");
    await page.locator("#pause").click();
    await eventually(() => cellOf(page, remoteOf(second), "served")).toBe("11");
  });

  test("follows the system's theme, and remembers another one", async () => {
    const served = await servePage(answers.ok);
    const { page } = await open(served.url, { colorScheme: "dark" });
    const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.emulateMedia({ colorScheme: "light" });
    const light = await background();
    expect(light).not.toBe(dark);
    const theme = page.locator("#theme");
    await theme.click();
    expect([await theme.textContent(), await background()]).toEqual(["Theme: light", light]);
    await theme.click();
    expect([await theme.textContent(), await background()]).toEqual(["Theme: dark", dark]);
    await page.reload();
    expect([await theme.textContent(), await background()]).toEqual(["Theme: dark", dark]);
    await theme.click();
    expect([await theme.textContent(), await background()]).toEqual(["Theme: system", light]);
  });

  test.each(["light", "dark"] as const)("has nothing that axe objects to: %s", async (colorScheme) => {
    const served = await servePage(answers.ok);
    const [client, , leaver] = (await connectMany(served, 1, 2, 1)) as [Http1Client, Http1Client, Http1Client];
    client.send("/hang");
    leaver.end();
    const { page, ...behaviour } = await open(served.url, { colorScheme, reducedMotion: "reduce" });
    await eventually(() => remotesOf(page)).toHaveLength(2);
    await eventually(() => page.locator("#closed-rows tr").count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    await rowOf(page, remoteOf(client)).click();
    await eventually(() => page.locator("#detail .fields").textContent()).toContain("rttMs");
    for (const width of colorScheme === "light" ? [400, 1440] : [1440]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await violations(page)).toEqual([]);
    }
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    expectGoodBehaviour(behaviour, served.url);
  });

  test("shows what a hostile client sends as text", async () => {
    const served = await servePage((request, response) => {
      if (request.url === "/") response.end("ok");
    });
    const [client] = (await connectMany(served, 0)) as [Http1Client];
    const { page, ...behaviour } = await open(served.url);
    await eventually(() => remotesOf(page)).toEqual([remoteOf(client)]);
    await rowOf(page, remoteOf(client)).click();
    await eventually(() => page.locator("#detail .fields").textContent()).toContain("ESTABLISHED");
    client.stream.write(`GET ${MARKUP}?token=secret HTTP/1.1\r\nHost: ${MARKUP}\r\nCookie: ${MARKUP}\r\n\r\n`);
    await eventually(() => cellOf(page, remoteOf(client), "path")).toBe(MARKUP);
    await eventually(() => page.locator("#detail tbody").textContent()).toContain(`GET ${MARKUP}`);
    // The text filter puts what was typed into the page, too, and the address keeps it.
    await page.locator("#text").fill("<img src=x onerror=alert(1)>");
    await eventually(() => page.locator("#none").textContent()).toContain("<img src=x onerror=alert(1)>");
    await page.reload();
    await eventually(() => page.locator("#none").textContent()).toContain("<img src=x onerror=alert(1)>");
    expect(await page.locator("img, #rows script").count()).toBe(0);
    expect(await page.content()).not.toContain("secret");
    expectGoodBehaviour(behaviour, served.url);
  });

  test("lists closed connections with the reason and the true end", async () => {
    const served = await servePage(answers.ok);
    const [client, other] = (await connectMany(served, 2, 1)) as [Http1Client, Http1Client];
    const { page } = await open(served.url);
    await eventually(() => remotesOf(page)).toHaveLength(2);
    await rowOf(page, remoteOf(client)).click();
    await eventually(() => page.locator("#detail .fields").textContent()).toContain("ESTABLISHED");
    // The order of the table stands still under the pointer, and keeps rows that are gone.
    await page.locator("h1").hover();
    const { bytesWritten } = client.wire;
    const left = remoteOf(client);
    client.end();
    await eventually(() => closedRow(page)).toMatchObject({
      remote: left,
      reason: "client end",
      outcome: "delivered",
      served: "2",
      // The kernel counts the client's FIN as a byte.
      received: formatBytes(bytesWritten + 1),
    });
    await eventually(() => remotesOf(page)).toEqual([remoteOf(other)]);
    expect(await page.locator("#reasons").textContent()).toBe("1 closed so far · client end 1");
    await eventually(() => page.locator("#detail .about").textContent()).toContain("client end, true end: delivered");
    const remote = remoteOf(other);
    other.wire.resetAndDestroy();
    await eventually(() => closedRow(page)).toMatchObject({ remote, reason: "client reset" });
    await eventually(() => page.locator("#none").textContent()).toBe("No connection is open.");
  });

  test("says when the server refuses it or is gone, and comes back", async () => {
    const served = await servePage(answers.ok);
    const { page } = await open(served.url);
    const status = (): Promise<string | null> => page.locator("#status").textContent();
    await eventually(status).toBe("Live");
    served.isAllowed = false;
    await eventually(status).toBe("The server refuses this viewer (403): the access may have ended");
    expect(await page.locator("#taken").textContent()).toMatch(/^The numbers are of .*(Next try in|Trying again)/);
    expect(await page.title()).toMatch(/^Not live/);
    served.isAllowed = true;
    await eventually(status).toBe("Live");
    const { port } = served.pageServer.address() as { port: number };
    served.pageServer.close();
    (served.pageServer as Http1Server).closeAllConnections();
    await eventually(status).toMatch(/does not answer|ended the stream/);
    served.pageServer.listen(port, "127.0.0.1");
    await eventually(status).toBe("Live");
    const title = `Connections of ${hostname()}:${portOf(served.server)}, process ${process.pid}`;
    expect(await page.title()).toBe(title);
    expect(await page.locator("h1").textContent()).toBe(title);
  });

  test("ends its stream when it has been hidden for a minute, and opens it again", async () => {
    const served = await servePage(answers.ok);
    const { page } = await open("about:blank");
    await page.clock.install();
    await page.goto(served.url);
    await eventually(() => page.locator("#status").textContent()).toBe("Live");
    await setHidden(page, true);
    await page.clock.fastForward(61_000);
    await until(() => served.streams === 0);
    // Nor does it come back by itself.
    await page.clock.fastForward(60_000);
    expect(served.streams).toBe(0);
    await setHidden(page, false);
    await until(() => served.streams === 1);
  });

  test("draws the most rows that the server sends without a noticeable delay", async () => {
    const served = await servePage(answers.ok);
    await Promise.all(Array.from({ length: 520 }, async () => connectHttp1(served.server, "http")));
    const { page } = await open(`${served.url}#limit=500`);
    await eventually(() => page.locator("#shown").textContent()).toBe("500 of 520");
    const durations = await seeMoreFrames(page, 5);
    // A quiet machine takes 20 ms; bench has the figures. This one may be busy.
    expect(durations.toSorted((one, other) => one - other)[2]).toBeLessThan(1000);
    expect(await page.evaluate(() => performance.getEntriesByType("measure").length)).toBe(2);
  });
});

async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden);
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** Waits for so many more frames, drawn or left out because of a pause. Returns their times, in milliseconds. */
function seeMoreFrames(page: Page, count: number): Promise<number[]> {
  return page.evaluate(
    (wanted) =>
      new Promise<number[]>((resolve) => {
        const durations: number[] = [];
        new PerformanceObserver((list) => {
          durations.push(...list.getEntriesByName("sockinfo frame").map(({ duration }) => duration));
          if (durations.length >= wanted) resolve(durations);
        }).observe({ type: "measure" });
      }),
    count,
  );
}

/** The cells of the latest closed connection, by the names of their columns. */
async function closedRow(page: Page): Promise<Record<string, string>> {
  const cells = await page.locator("#closed-rows tr").first().locator("th, td").all();
  const entries = cells.map(async (cell) => {
    const name = /c-(\w+)/.exec((await cell.getAttribute("class")) ?? "")?.[1] ?? "";
    return [name, (await cell.textContent()) ?? ""] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function fieldOf(page: Page, name: string): Promise<string | null> {
  return page.locator(`#detail .fields div:has(> dt:text-is("${name}")) > dd`).textContent();
}

/** As the page prints bytes that are exact. */
function numberText(bytes: number): string {
  return `${bytes.toLocaleString("en")} B`;
}

function remoteOf({ wire }: Http1Client): string {
  return `127.0.0.1:${wire.localPort}`;
}

function acceptedOf({ tracker }: ServedPage, { wire }: Http1Client): Socket {
  const found = [...tracker].find(({ socket }) => socket.remotePort === wire.localPort);
  if (found === undefined) throw new Error("the tracker does not have the client's connection");
  return found.socket;
}

async function connectMany({ server }: ServedPage, ...requests: number[]): Promise<Http1Client[]> {
  const clients: Http1Client[] = [];
  for (const count of requests) {
    const client = await connectHttp1(server, "http");
    await getMany(client, count);
    clients.push(client);
  }
  return clients;
}

async function getMany(client: Http1Client, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await client.get(`/page/${index}?secret=1`);
}
