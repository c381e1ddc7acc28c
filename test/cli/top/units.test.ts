// The pure parts of sockinfo top, against the plain way to do the same.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { widthOf } from "../../../src/cli/clean";
import { UsageError } from "../../../src/cli/command";
import { CookieIndex } from "../../../src/cli/top/cookie-index";
import { EventLines } from "../../../src/cli/top/event-lines";
import { nameOfKey } from "../../../src/cli/top/keys";
import { readPageFrame } from "../../../src/cli/top/page-frame";
import { rank } from "../../../src/cli/top/ranking";
import { sparkline } from "../../../src/cli/top/sparkline";
import { readTarget, titleOf } from "../../../src/cli/top/target";
import { charsetOf, fit, wrap } from "../../../src/cli/top/text";
import { applyAction, FIRST_VIEW, keepInList, typeKey } from "../../../src/cli/top/view";
import { FRAME } from "./fake-page";

const UTF8 = charsetOf({ LANG: "C.UTF-8" });
const ASCII = charsetOf({});

describe("CookieIndex", () => {
  test("is a Map that keeps the first place", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.maxSafeNat())), (cookies) => {
        const index = new CookieIndex(cookies.length);
        const map = new Map<number, number>();
        for (const [place, cookie] of cookies.entries()) {
          expect(index.add(cookie, place)).toBe(!map.has(cookie));
          if (!map.has(cookie)) map.set(cookie, place);
        }
        for (const cookie of [...cookies, 0, 7, 2 ** 52]) expect(index.get(cookie)).toBe(map.get(cookie) ?? -1);
      }),
    );
  });
});

describe("rank", () => {
  test.each([true, false])("is sorting, with absent values last: descending %s", (isDescending) => {
    const key = fc.oneof(
      fc.constant(NaN),
      fc.integer({ min: 0, max: 5 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(fc.array(key, { maxLength: 600 }), fc.nat(600), (values, count) => {
        const places = Uint32Array.from(values.keys());
        const ties = Float64Array.from(values.keys(), (place) => -place);
        const first = rank(places, count, Float64Array.from(values), ties, isDescending);
        const sorted = [...values.keys()].toSorted((one, other) => {
          const [a, b] = [values[one] as number, values[other] as number];
          if (Number.isNaN(a) || Number.isNaN(b))
            return Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || other - one;
          return (isDescending ? b - a : a - b) || other - one;
        });
        expect([...first]).toEqual(sorted.slice(0, count));
      }),
    );
  });
});

describe("text", () => {
  test.each([
    ["short", "short   "],
    ["much too long", "much to…"],
    ["東京東京東", "東京東… "],
    ["e\u0301e\u0301", "e\u0301e\u0301      "],
  ])("%s takes eight columns", (text, fitted) => {
    expect(fit(text, 8, UTF8)).toBe(fitted);
    expect(widthOf(fitted)).toBe(8);
  });

  test("is as wide as asked, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", " ", "東", "e\u0301", "ö") }), fc.nat(20), (text, width) => {
        expect(widthOf(fit(text, width, UTF8))).toBe(width);
        for (const line of wrap(text, Math.max(2, width), UTF8))
          expect(widthOf(line)).toBeLessThanOrEqual(Math.max(2, width));
      }),
    );
  });

  test.each([
    [{ LANG: "de_DE.UTF-8" }, true],
    [{ LANG: "en_US.utf8" }, true],
    [{ LC_ALL: "C", LANG: "C.UTF-8" }, false],
    [{ LC_ALL: "", LC_CTYPE: "C.UTF-8" }, true],
    [{}, false],
  ])("%o is UTF-8: %s", (env, isUtf8) => expect(charsetOf(env).isUtf8).toBe(isUtf8));
});

test("a sparkline has one character for each value, the newest at the right", () => {
  expect(sparkline([0, 1, 4, 8], 4, true)).toBe("▁▂▅█");
  expect(sparkline([0, 1, 4, 8], 6, true)).toBe("  ▁▂▅█");
  expect(sparkline([9, 0, 1, undefined, 8], 4, true)).toBe("▁▂ █");
  expect(sparkline([0, 0], 2, true)).toBe("▁▁");
  expect(sparkline([0, 1, 4, 8], 4, false)).toMatch(/^[!-~]{4}$/);
  expect(sparkline([1], 0, true)).toBe("");
});

test("keys have the names of the table", () => {
  const names = [
    nameOfKey("q", { name: "q" }),
    nameOfKey("R", { name: "r", sequence: "R" }),
    nameOfKey("?", { sequence: "?" }),
    nameOfKey(" ", { name: "space" }),
    nameOfKey("\u0003", { name: "c", ctrl: true }),
    nameOfKey(undefined, { name: "up" }),
    nameOfKey("\u001B", { name: "escape" }),
    nameOfKey("\u001Bq", { name: "q", meta: true }),
    nameOfKey("é", { name: "é" }),
    nameOfKey("\u009B", {}),
  ];
  expect(names).toEqual(["q", "R", "?", "space", "ctrl+c", "up", "escape", "q", "é", ""]);
});

describe("the view", () => {
  test("the selected row stays in the list, and the list around it", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -30, max: 30 })), fc.nat(40), fc.nat(10), (moves, matching, shown) => {
        let view = FIRST_VIEW;
        for (const rows of moves) {
          view = keepInList(applyAction(view, { does: "move", rows }, shown), matching, shown);
          expect(view.selected).toBeGreaterThanOrEqual(0);
          expect(view.selected).toBeLessThan(Math.max(1, matching));
          expect(view.first).toBeLessThanOrEqual(view.selected);
          expect(view.selected - view.first).toBeLessThan(Math.max(1, shown));
        }
      }),
    );
  });

  test("a filter is typed", () => {
    let view = applyAction(FIRST_VIEW, { does: "filter" }, 10);
    for (const key of ["a", "space", "ü", "x", "backspace", "up"]) view = typeKey(view, key);
    expect(view).toMatchObject({ draft: "a ü", filter: "a ü" });
    expect(typeKey(view, "return")).toMatchObject({ draft: undefined, filter: "a ü" });
    expect(typeKey(view, "escape")).toMatchObject({ draft: undefined, filter: "" });
    for (let count = 0; count < 1000; count++) view = typeKey(view, "a");
    expect(view.filter.length).toBeLessThanOrEqual(100);
  });
});

describe("EventLines", () => {
  const stream = `: comment\r\nevent: frame\r\ndata: {"a":"ä東"}\r\n\r\nevent: other\ndata: no\n\nevent:frame\ndata:2\n\ndata: 3\n\n`;

  test("has the newest frame, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200)), (cuts) => {
        const lines = new EventLines(1000);
        const bytes = Buffer.from(stream);
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        for (const [index, to] of places.entries())
          expect(lines.add(bytes.subarray(places[index - 1] ?? 0, to))).toBe(true);
        expect(lines.takeNewest()).toBe("2");
        expect(lines.takeNewest()).toBeUndefined();
      }),
    );
    const lines = new EventLines(1000);
    lines.add(Buffer.from(stream.slice(0, stream.indexOf("event: other"))));
    expect(lines.takeNewest()).toBe('{"a":"ä東"}');
  });

  test("refuses long lines, finished or not", () => {
    expect(new EventLines(10).add(Buffer.alloc(11, "a"))).toBe(false);
    expect(new EventLines(10).add(Buffer.from(`data: ${"a".repeat(11)}\n`))).toBe(false);
    const lines = new EventLines(10);
    expect(lines.add(Buffer.alloc(10, "a"))).toBe(true);
    expect(lines.add(Buffer.alloc(1, "a"))).toBe(false);
  });
});

describe("readPageFrame", () => {
  test("takes over every number and text of a frame", () => {
    const frame = readPageFrame(JSON.stringify(FRAME));
    expect(frame?.rows).toHaveLength(3);
    const { cause, peer, ...same } = FRAME.rows[1] as (typeof FRAME.rows)[number];
    expect([cause, peer]).toEqual([null, null]);
    expect({ ...frame?.rows[1], path: null, id: 2 }).toMatchObject(same);
    expect(frame?.totals).toMatchObject({ connections: 3, states: FRAME.totals.connections, opened: 40, closed: 37 });
    expect(frame?.totals.acceptQueue).toMatchObject({ length: 3, limit: 511, droppedSyns: 7 });
  });

  test("whatever comes, there are only numbers, clean text and at most 500 rows", () => {
    const anything = fc.anything({ withNullPrototype: true });
    const row = fc.record(Object.fromEntries(Object.keys(FRAME.rows[0] ?? {}).map((key) => [key, anything])));
    const totals = fc.record(Object.fromEntries(Object.keys(FRAME.totals).map((key) => [key, anything])));
    fc.assert(
      fc.property(
        fc.record({ version: fc.constant(1), totals: fc.oneof(totals, anything), rows: fc.array(row) }),
        (any) => {
          const text = JSON.stringify(any);
          const read = readPageFrame(text);
          checkSafe(read);
        },
      ),
    );
    const many = { ...FRAME, rows: Array.from({ length: 10_000 }, () => FRAME.rows[0]) };
    expect(readPageFrame(JSON.stringify(many))?.rows).toHaveLength(500);
    for (const text of ["", "{", "null", "[]", '{"version":2,"rows":[]}', "[".repeat(100_000)])
      expect(readPageFrame(text)).toBeUndefined();
  });

  function checkSafe(value: unknown): void {
    if (typeof value === "string") expect(value).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]{0,400}$/u);
    else if (typeof value === "number") expect(value).toBeGreaterThanOrEqual(0);
    else if (typeof value === "object" && value !== null) for (const each of Object.values(value)) checkSafe(each);
    else expect(["undefined", "boolean"]).toContain(typeof value);
  }
});

describe("what it looks at", () => {
  test.each([
    [undefined, { kind: "all" }],
    [":443", { kind: "port", port: 443 }],
    ["443", { kind: "pid", pid: 443 }],
    ["./app.sock", { kind: "page", address: { socketPath: "./app.sock" } }],
  ])("%s", (text, target) => expect(readTarget(text)).toEqual(target));

  test("a token is sent, and never shown", () => {
    const target = readTarget("http://127.0.0.1:9000/admin?token=s%20cret#x");
    expect(titleOf(target)).toBe("http://127.0.0.1:9000/admin/");
    expect(target).toMatchObject({ address: { token: "s cret" } });
  });

  test.each([
    ":0",
    ":65536",
    "0",
    "99999999",
    "app.sock",
    "file:///etc/passwd",
    "ftp://x/",
    "http://",
    "http://a:b@c/",
  ])("%s is refused", (text) => expect(() => readTarget(text)).toThrow(UsageError));
});

test("ASCII has no other characters", () => {
  expect(Object.values(ASCII).join("")).toMatch(/^[ -~]*$/);
});
