// Every promise of SECURITY.md about hijacking, rules and the program names its test, and that test exists.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../helpers/docs";

const sections = readFileSync(join(root, "SECURITY.md"), "utf8")
  .split(/^## /m)
  .filter((section) => /^What .+ promises\n/.test(section));
const promises = sections.flatMap((section) => section.split(/^- /m).slice(1));

test("there are promises", () => {
  expect(sections.map((section) => section.split("\n")[0])).toEqual([
    "What hijacking promises",
    "What a rule promises",
    "What the program promises",
    "What the page promises",
  ]);
  expect(promises.length).toBeGreaterThan(6);
});

test.each(promises.map((promise) => [promise.split("\n")[0] as string, promise]))("%s", (_, promise) => {
  const tests = [...promise.matchAll(/`(test\/[^`]*)`/g)].map(([, path]) => path as string);
  expect(tests).not.toEqual([]);
  expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
