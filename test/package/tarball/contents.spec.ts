// What is in the tarball, and what its manifest makes installers do.
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";

const tarball = inject("tarball");
const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" })
  .trim()
  .split("\n")
  .map((file) => file.replace(/^package\//, ""));
const manifest = JSON.parse(execFileSync("tar", ["-xzOf", tarball, "package/package.json"], { encoding: "utf8" }));
const binary = (platform: string) => `prebuilds/${platform}/sockinfo.node`;

test("the build, the binaries and the documentation, and nothing else", () => {
  const allowed =
    /^(dist\/(index|core|connections\/(index|bundle))\.js|dist\/.*\.d\.ts|prebuilds\/[a-z0-9]+-[a-z0-9]+\/sockinfo\.node|docs\/[\w-]+\.md|package\.json|README\.md|LICENSE)$/;
  expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  const entries = ["dist/index", "dist/connections/index"].flatMap((entry) => [`${entry}.js`, `${entry}.d.ts`]);
  expect(files).toEqual(expect.arrayContaining([...entries, "README.md", "LICENSE"]));
});

test("every binary that was built, and so that of this machine", () => {
  const prebuilds = join(import.meta.dirname, "../../../prebuilds");
  const platforms = readdirSync(prebuilds, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const built = platforms.map(({ name }) => binary(name));
  expect(files).toEqual(expect.arrayContaining([...built, binary(`${process.platform}-${process.arch}`)]));
});

test("less than 400 KiB", () => {
  expect(statSync(tarball).size).toBeLessThan(400 * 1024);
});

test("no script that an install would run, and no dependency", () => {
  const scripts = Object.keys(manifest.scripts ?? {});
  expect(scripts.filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  expect(Object.keys(manifest).filter((field) => /dependencies$/i.test(field))).toEqual(["devDependencies"]);
});

test("the fields that installers read", () => {
  // Without gypfile, `npm publish` adds an install script: there is a binding.gyp in the folder.
  expect(manifest).toMatchObject({ name: "sockinfo", license: "MIT", gypfile: false, engines: { node: ">=20" } });
});
