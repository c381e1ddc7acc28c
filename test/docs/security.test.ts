// Every promise of SECURITY.md about hijacking names the test that holds it, and that test exists.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../helpers/docs";

const [, section = ""] =
  /^## What hijacking promises\n([^]*?)\n## /m.exec(readFileSync(join(root, "SECURITY.md"), "utf8")) ?? [];
const promises = section.split(/^- /m).slice(1);

test("there are promises", () => expect(promises.length).toBeGreaterThan(5));

test.each(promises.map((promise) => [promise.split("\n")[0] as string, promise]))("%s", (_, promise) => {
  const tests = [...promise.matchAll(/`(test\/[^`]*)`/g)].map(([, path]) => path as string);
  expect(tests).not.toEqual([]);
  expect(tests.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
