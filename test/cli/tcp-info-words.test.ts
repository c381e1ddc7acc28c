// `sockinfo show` explains each property with the words of docs/tcp-info.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FIELD_GROUPS } from "../../src/cli/tcp-info-words";
import { root } from "../helpers/docs";

/** Not in the table of Linux's fields, because they are products. */
const PRODUCTS = ["sndCwndBytes", "sndSsthreshBytes"];

const words = FIELD_GROUPS.flatMap(({ fields }) => Object.entries(fields));

test("each property once", () => {
  const names = words.map(([name]) => name);
  expect(new Set(names).size).toBe(names.length);
});

test("the words are those of the docs", () => {
  const page = readFileSync(join(root, "docs/tcp-info.md"), "utf8");
  const rows = [...page.matchAll(/^\| `tcpi_\w+` \| `(\w+)` \|[^|]*\|[^|]*\| (.*) \|$/gm)];
  const documented = rows.map(([, name = "", meaning = ""]): [string, string] => [
    name,
    meaning.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", ""),
  ]);
  expect(documented.length).toBeGreaterThan(60);
  expect(Object.fromEntries(words.filter(([name]) => !PRODUCTS.includes(name)))).toEqual(
    Object.fromEntries(documented),
  );
});
