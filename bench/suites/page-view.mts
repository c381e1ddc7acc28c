// The page of sockinfo/page in Chromium, on a server with thousands of connections: the first picture, and each frame.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium, type Browser } from "playwright-core";
import { trackConnections } from "sockinfo/connections";
import { createConnectionsPage } from "sockinfo/page";
import { withManyConnections } from "../connections/many-connections.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, valueRow, type Row, type Section } from "../report/section.mts";

const FIRST_PICTURE = atMost(1000);
const FRAME = atMost(50);
const EXECUTABLE = "/usr/bin/chromium-headless-shell";

export async function pageView({ looks, snapshot: { connections } }: SampleSize): Promise<Section> {
  const rows = await withManyConnections(connections, async ({ server, sockets }) => {
    const tracker = trackConnections(server);
    const page = createConnectionsPage(tracker, { authorize: () => true });
    const pageServer = createServer((request, response) => page(request, response)).listen(0, "127.0.0.1");
    await once(pageServer, "listening");
    // Its sandbox refuses root.
    const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ["--no-sandbox"] });
    try {
      const { port } = pageServer.address() as AddressInfo;
      const measured: Row[] = [];
      for (const limit of [100, 500]) {
        const url = `http://127.0.0.1:${port}/#limit=${limit}`;
        const { firstPictures, frames } = await measure(browser, url, Math.ceil(looks.rounds / 2));
        const name = `${sockets.length} connections, ${limit} rows`;
        measured.push(valueRow(`${name}: first picture`, firstPictures, "ms", FIRST_PICTURE));
        measured.push(valueRow(`${name}: a frame`, frames, "ms", limit === 100 ? FRAME : undefined));
      }
      return measured;
    } finally {
      await browser.close();
      page.close();
      pageServer.close();
      tracker.close();
    }
  });
  return {
    title: "sockinfo/page in the browser",
    about:
      "Elapsed time in Chromium, by the entries of the page's own performance timeline: from the navigation to the " +
      "first picture with rows, and for each later frame its script and layout. Server, clients and browser share the " +
      "machine.",
    rows,
  };
}

async function measure(
  browser: Browser,
  url: string,
  frameCount: number,
): Promise<{ firstPictures: number[]; frames: number[] }> {
  const [firstPictures, frames]: [number[], number[]] = [[], []];
  for (let load = 0; load < 3; load++) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(url);
    const entries = await page.evaluate(
      (count) =>
        new Promise<{ name: string; duration: number }[]>((resolve) => {
          const seen: { name: string; duration: number }[] = [];
          new PerformanceObserver((list) => {
            seen.push(...list.getEntries().map(({ name, duration }) => ({ name, duration })));
            if (seen.length > count) resolve(seen);
          }).observe({ type: "measure", buffered: true });
        }),
      frameCount,
    );
    const durations = (wanted: string): number[] =>
      entries.filter(({ name }) => name === wanted).map(({ duration }) => duration);
    firstPictures.push(...durations("sockinfo first picture"));
    // The first frame makes all rows. It is a part of the first picture.
    frames.push(...durations("sockinfo frame").slice(1));
    await context.close();
  }
  return { firstPictures, frames };
}
