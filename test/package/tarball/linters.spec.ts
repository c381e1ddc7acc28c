// What the linters of packages say: publint about the manifest, are-the-types-wrong about the types in each way to resolve them.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, inject, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

test.each([
  ["publint", "--strict", inject("tarball")],
  ["attw", "--no-color", inject("tarball")],
])("%s", (name, ...parameters) => {
  const { status, stdout } = spawnSync(join(root, "node_modules/.bin", name), parameters, {
    cwd: root,
    encoding: "utf8",
  });
  expect(status, stdout).toBe(0);
});
