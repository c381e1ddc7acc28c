// Parts of the page that need no browser: what it asks, how it reads the stream, the held order, the units.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fieldText } from "../../../src/page/view/fields";
import { readQuestion, toHash, toUrl } from "../../../src/page/view/question";
import { EventReader } from "../../../src/page/view/stream";
import { holdOrder } from "../../../src/page/view/table";

describe("the question in the address", () => {
  test("survives a reload", () => {
    const question = readQuestion("#order=rttMs&descending=0&limit=200&state=idle&connection=12&text=a%26b%20%23");
    expect(question).toEqual({
      order: "rttMs",
      descending: false,
      limit: 200,
      state: "idle",
      connection: 12,
      text: "a&b #",
    });
    expect(readQuestion(toHash(question))).toEqual(question);
  });

  test.each(["", "#", "#order=x&state=closed&limit=7&connection=-1", "#limit=1e9&connection=1.5&order=constructor"])(
    "has defaults for what is wrong: %s",
    (hash) =>
      expect(readQuestion(hash)).toEqual({
        order: "trouble",
        descending: true,
        limit: 100,
        state: null,
        connection: null,
        text: "",
      }),
  );

  test("asks for all rows that the server sends while a text selects among them, and keeps the text", () => {
    const question = readQuestion("#limit=50&text=secret");
    expect(toUrl(question)).toBe("events?order=trouble&descending=1&limit=500");
    expect(toUrl({ ...question, text: "" })).toBe("events?order=trouble&descending=1&limit=50");
  });
});

describe("the event stream", () => {
  const stream =
    ': hello\n\nretry: 2000\n\nevent: frame\ndata: {"a":1}\n\nevent: other\ndata: x\n\nevent:frame\ndata:2\n\n';

  test.each([1, 2, 7, 1000])("is read in pieces of %i characters", (size) => {
    const reader = new EventReader();
    const found: string[] = [];
    for (let at = 0; at < stream.length; at += size) found.push(...reader.take(stream.slice(at, at + size)));
    expect(found.map((data) => JSON.parse(data) as unknown)).toEqual([{ a: 1 }, 2]);
  });

  test("is refused if one event never ends", () => {
    const reader = new EventReader();
    const endless = (): void => {
      for (let index = 0; index < 20; index++) reader.take("x".repeat(1_000_000));
    };
    expect(endless).toThrow("something else than frames");
  });
});

describe("the order while the pointer is in the table", () => {
  test("stays, with new rows after it", () => {
    expect(holdOrder([3, 1, 2], [1, 2, 4], 100)).toEqual([3, 1, 2, 4]);
  });

  test("is given up when more rows are gone than the table shows", () => {
    expect(holdOrder([1, 2, 3], [4, 5], 2)).toEqual([4, 5]);
  });
});

test.each([
  ["rttMs", 94.1234, "94.123 ms"],
  ["bytesSent", 1_234_567, "1,234,567 B"],
  ["sndCwndBytes", 0, "0 B"],
  ["pacingRateBytesPerSecond", 1000, "1,000 B/s"],
  ["sndSsthreshSegments", null, "no limit"],
  ["rcvRttMs", undefined, "-"],
  ["retransmittedSegments", 3, "3"],
  ["isMptcp", false, "no"],
  ["options", ["SACK", "ECN"], "SACK ECN"],
  ["options", [], "none"],
  ["somethingNew", { a: 1 }, '{"a":1}'],
])("%s of %j is %s", (name, value, text) => expect(fieldText(name, value)).toBe(text));

test("the whole page is far smaller than 40 kB over the wire", () => {
  const files = createRequire(import.meta.url)("../../../dist/page/view.js") as Readonly<Record<string, string>>;
  const sizes = (compress: (text: string) => Buffer): number =>
    Object.values(files).reduce((sum, text) => sum + compress(text).length, 0);
  expect(Object.keys(files)).toEqual(["", "page.js", "page.css"]);
  expect(sizes(gzipSync)).toBeLessThan(25_000);
  expect(sizes(brotliCompressSync)).toBeLessThan(25_000);
});

test("the sources have no inline script or style, no HTML from strings, and no address of another server", () => {
  const folder = new URL("../../../src/page/view/", import.meta.url);
  const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");
  expect(read("index.html")).not.toMatch(/ style=|<style| on\w+=|<script(?![^>]*src=)|https?:/);
  expect(read("page.css")).not.toMatch(/@import|url\(|https?:/);
  const script = (createRequire(import.meta.url)("../../../dist/page/view.js") as Record<string, string>)["page.js"];
  expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\.style\b/);
  expect(script?.match(/https?:[^"`']*/g)).toEqual(["http://www.w3.org/2000/svg"]);
});
