// Links from one page of the package to another lead to files that are in the package, too.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { root } from "../helpers/docs";

/** The relative links of a page, without their fragments. */
function linksOf(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8").replaceAll(/^```[^]*?^```$/gm, "");
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link.split("#")[0] ?? "");
  return links.filter((link) => link !== "" && !/^[a-z]+:/.test(link));
}

test("no link of a page in the package leads out of the package", () => {
  const packed = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, encoding: "utf8" });
  const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  const exists = (target: string) => paths.some((path) => path === target || path.startsWith(`${target}/`));
  const pages = paths.filter((path) => path.endsWith(".md"));
  expect(pages).toContain("docs/watch-health.md");
  const links = pages.flatMap((page) => linksOf(page).map((link) => ({ page, link })));
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(({ page, link }) => !exists(normalize(join(dirname(page), link)).replace(/\/$/, "")))).toEqual(
    [],
  );
});
