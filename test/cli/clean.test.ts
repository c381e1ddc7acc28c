// Text from elsewhere can't change a terminal, and has a bound.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clean, widthOf } from "../../src/cli/clean";
import { tableLines } from "../../src/cli/table";

test.each([
  ["node", "node"],
  ["\u001b[31mred\u001b[0m", "?[31mred?[0m"],
  ["\u001b]0;title\u0007", "?]0;title?"],
  ["\u009b31m", "?31m"],
  ["a\r\n\tb\u007f", "a???b?"],
  ["\u202egnp.exe", "?gnp.exe"],
  ["a\u200bb\ufeff\u2066c\u2028d", "a?b??c?d"],
  ["\ud800x\udc00", "?x?"],
  ["größe 漢字 \u{1f600}", "größe 漢字 \u{1f600}"],
])("%j", (text, cleaned) => expect(clean(text)).toBe(cleaned));

test("is bounded, whatever the length", () => {
  expect(clean("x".repeat(200))).toHaveLength(200);
  expect(clean("x".repeat(201))).toBe(`${"x".repeat(197)}...`);
  expect(clean("\u{1f600}".repeat(1e6), 5)).toBe("\u{1f600}\u{1f600}...");
});

test("takes anything", () => {
  expect([undefined, null, 1n, {}, Symbol.iterator].map((value) => clean(value))).toEqual([
    "undefined",
    "null",
    "1",
    "[object Object]",
    "Symbol(Symbol.iterator)",
  ]);
});

test("any text: no control or format character, and no more characters than allowed", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 50 }), fc.integer({ min: 3, max: 20 }), (text, longest) => {
      const cleaned = clean(text, longest);
      return !/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(cleaned) && Array.from(cleaned).length <= longest;
    }),
  );
});

describe("a table", () => {
  test("is aligned by the columns of a terminal, and has no spaces at the end", () => {
    const columns = [{ title: "NAME" }, { title: "NUMBER", isNumber: true }, { title: "LAST" }];
    const rows = [
      ["漢字", "1", "x"],
      ["e\u0301", "12345678", ""],
    ];
    expect(tableLines(columns, rows)).toEqual(["NAME    NUMBER  LAST", "漢字         1  x", "e\u0301     12345678"]);
  });

  test("widths", () => expect(["", "ab", "漢", "\u{1f600}", "e\u0301"].map(widthOf)).toEqual([0, 2, 2, 2, 1]));
});
