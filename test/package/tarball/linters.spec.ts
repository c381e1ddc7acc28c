// Linters for packages: publint checks the manifest, are-the-types-wrong the types under every module resolution.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, inject, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

test.each([
  ["publint", "--strict", inject("tarball")],
  ["attw", "--no-color", inject("tarball")],
])("%s finds no fault", (name, ...parameters) => {
  const { status, stdout } = spawnSync(join(root, "node_modules/.bin", name), parameters, {
    cwd: root,
    encoding: "utf8",
  });
  expect(status, stdout).toBe(0);
});
