// A tracked server with its page, and the page in Chromium.
import http from "node:http";
import type { Server } from "node:net";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import { type ConnectionTracker, trackConnections } from "sockinfo/connections";
import { createConnectionsPage } from "sockinfo/page";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { listen, portOf } from "../../helpers/servers";

export interface ServedPage {
  readonly server: Server;
  readonly tracker: ConnectionTracker<undefined>;
  /** The server of the page alone. */
  readonly pageServer: Server;
  readonly url: string;
  /** How many event streams are open. */
  streams: number;
  /** Whether the page lets viewers in. */
  isAllowed: boolean;
}

export async function servePage(handler: http.RequestListener): Promise<ServedPage> {
  // No connection of a test is idle for too long.
  const server = await listen(http.createServer({ keepAliveTimeout: 0 }, handler));
  const tracker = trackConnections(server, { afterClose: true });
  onTestFinished(() => tracker.close());
  const page = createConnectionsPage(tracker, { authorize: () => served.isAllowed });
  onTestFinished(() => page.close());
  const pageServer = await listen(
    http.createServer((request, response) => {
      if (request.url?.startsWith("/events")) {
        served.streams++;
        response.on("close", () => served.streams--);
      }
      page(request, response);
    }),
  );
  const url = `http://127.0.0.1:${portOf(pageServer)}/`;
  const served: ServedPage = { server, tracker, pageServer, url, streams: 0, isAllowed: true };
  return served;
}

/** What a page must never do. Each test checks that these lists are as it expects. */
export interface Behaviour {
  /** Errors of scripts, and what the page's Content-Security-Policy has refused. */
  readonly faults: string[];
  /** The addresses of all requests. */
  readonly requests: string[];
}

export interface Opened extends Behaviour {
  readonly page: Page;
}

/** One browser for a test file. */
export function useBrowser(): (url: string, options?: BrowserContextOptions) => Promise<Opened> {
  let browser: Browser;
  beforeAll(async () => {
    // Its sandbox refuses root, which the tests run as in containers.
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium-headless-shell", args: ["--no-sandbox"] });
  });
  afterAll(() => browser.close());
  return async (url, options) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    context.setDefaultTimeout(30_000);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const opened: Opened = { page, faults: [], requests: [] };
    page.on("pageerror", (error) => opened.faults.push(error.message));
    page.on("console", (message) => {
      // The browser itself reports refused and broken streams, which tests cause.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        opened.faults.push(message.text());
      }
    });
    page.on("request", (request) => opened.requests.push(request.url()));
    await page.goto(url);
    return opened;
  };
}

/** Nothing was refused or thrown, and nothing was asked of any other server. */
export function expectGoodBehaviour({ faults, requests }: Behaviour, url: string): void {
  expect(faults).toEqual([]);
  expect(requests.filter((each) => !each.startsWith(url))).toEqual([]);
}

export function rowOf(page: Page, remote: string): Locator {
  return page.locator(`#rows tr:has(button:text-is(${JSON.stringify(remote)}))`);
}

export async function cellOf(page: Page, remote: string, column: string): Promise<string> {
  return (await rowOf(page, remote).locator(`.c-${column}`).textContent()) ?? "";
}

/** The remote addresses in the order of the table. */
export function remotesOf(page: Page): Promise<string[]> {
  return page.locator("#rows button").allTextContents();
}

/** Waits until it holds; a busy machine may need half a minute. */
export function eventually<T>(read: () => Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 30_000, interval: 100 });
}
