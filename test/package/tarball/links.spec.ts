// Every relative link in the packed Markdown leads to a packed file, and every anchor to a heading.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, inject, test } from "vitest";

const work = mkdtempSync(join(inject("work"), "links-"));
execFileSync("tar", ["-xzf", inject("tarball"), "-C", work]);
const folder = join(work, "package");
const pages = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md"));

/** The Markdown without code blocks, where brackets are not links and # is not a heading. */
const textOf = (path: string) => readFileSync(path, "utf8").replaceAll(/^```[^]*?^```$/gm, "");

/** The anchors that GitHub and npm make for the headings. */
function anchorsOf(path: string): string[] {
  const headings = [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function linksOf(path: string): string[] {
  const text = textOf(path);
  const inline = [...text.matchAll(/\]\(([^)\s]*)[^)]*\)/g)];
  const elsewhere = [...text.matchAll(/^\[[^\]]+\]: *(\S+)/gm), ...text.matchAll(/(?:href|src)="([^"]*)"/g)];
  return [...inline, ...elsewhere].map(([, target = ""]) => target).filter((target) => !/^[a-z]+:/.test(target));
}

/** The reason why a link is broken; `undefined` if it is not. */
function findFault(page: string, link: string): string | undefined {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? join(folder, page) : join(folder, dirname(page), file);
  if (relative(folder, target).startsWith("..") || !existsSync(target)) return `${link}: not packed`;
  if (anchor !== undefined && !anchorsOf(target).includes(anchor)) return `${link}: no such heading`;
  return undefined;
}

test("the tarball has pages with links", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "SECURITY.md", "docs/tcp-info.md"]));
  expect(linksOf(join(folder, "README.md")).length).toBeGreaterThan(30);
});

test.each(pages)("no link of %s is broken", (page) => {
  const faults = linksOf(join(folder, page)).map((link) => findFault(page, link));
  expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
});
