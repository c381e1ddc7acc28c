// The files of the tarball, and the manifest fields that installers obey.
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, inject, test } from "vitest";
import { targets } from "../../../scripts/prebuilds/targets.mts";

const tarball = inject("tarball");
const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" })
  .trim()
  .split("\n")
  .map((file) => file.replace(/^package\//, ""));
const read = (file: string) => execFileSync("tar", ["-xzOf", tarball, `package/${file}`]);
const manifest = JSON.parse(read("package.json").toString());
const binary = (platform: string) => `prebuilds/${platform}/sockinfo.node`;

test("it holds the build, the binaries, the documentation, the examples and the dashboard, and nothing else", () => {
  const allowed =
    /^(dist\/cli\/sockinfo\.js|dist\/(index|core|diagnosis|sock-diag|(connections|hijack|logging|opentelemetry|page|prometheus|server-timing|unix)\/(index|bundle)|page\/view)\.js|dist\/((connections|hijack|logging|opentelemetry|page|prometheus|server-timing|unix)\/)?index\.d\.ts|prebuilds\/[a-z0-9]+-[a-z0-9]+\/sockinfo\.node|docs\/(guides\/)?[\w-]+\.md|docs\/pictures\/[\w-]+\.(svg|webp)|examples\/[\w/-]+\.(md|mjs|mts|service|socket|yml)|dashboards\/[\w-]+\.(json|yml|md|svg)|package\.json|README\.md|SECURITY\.md|LICENSE)$/;
  expect(files.filter((file) => !allowed.test(file))).toEqual([]);
  const subpaths = ["connections", "hijack", "logging", "opentelemetry", "page", "prometheus", "server-timing", "unix"];
  const entries = ["dist/index", ...subpaths.map((name) => `dist/${name}/index`)].flatMap((entry) => [
    `${entry}.js`,
    `${entry}.d.ts`,
  ]);
  expect(files).toEqual(expect.arrayContaining([...entries, "README.md", "LICENSE"]));
});

test("it holds every binary that was built, and the one of this machine", () => {
  const prebuilds = join(import.meta.dirname, "../../../prebuilds");
  const platforms = readdirSync(prebuilds, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const built = platforms.map(({ name }) => binary(name));
  expect(files).toEqual(expect.arrayContaining([...built, binary(`${process.platform}-${process.arch}`)]));
});

test("its size is what README.md says, within a tenth", () => {
  const [, said] = /which is (\d+) kB to download/.exec(read("README.md").toString()) ?? [];
  const sizes = files.filter((file) => file.endsWith(".node")).map((file) => gzipSync(read(file)).length);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  // A release has all binaries. The missing ones count with the mean size of those that were built.
  const released = statSync(tarball).size + (targets.length - sizes.length) * mean;
  expect(Math.abs(released / 1000 / Number(said) - 1)).toBeLessThan(0.1);
});

test("the manifest has no script that an installer would run or warn of, and no dependency", () => {
  const scripts = Object.keys(manifest.scripts ?? {});
  expect(scripts.filter((name) => /^(pre|post)?(install|prepare)$|^prepublish$/.test(name))).toEqual([]);
  const fields = Object.keys(manifest).filter((field) => /dependencies$/i.test(field));
  expect(fields.toSorted()).toEqual(["devDependencies", "peerDependencies"]);
  // An installer does not install an optional peer, and does not warn about it.
  const peers = Object.keys(manifest.peerDependencies);
  expect(peers.filter((name) => manifest.peerDependenciesMeta[name]?.optional !== true)).toEqual([]);
});

test("the manifest has the fields that installers read", () => {
  // Without gypfile, `npm publish` would add an install script, because the folder has a binding.gyp.
  expect(manifest).toMatchObject({ name: "sockinfo", license: "MIT", gypfile: false, engines: { node: ">=20" } });
});
