// The manifest that `npm publish` sends to the registry, and so to all installers. npm adds the install script
// `node-gyp rebuild` if the folder has a binding.gyp, packed or not. `"gypfile": false` prevents that.
import { cpSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { startRegistry } from "../helpers/registry";

test.each([
  ["the tarball", () => inject("tarball")],
  ["the folder", copyOfFolder],
])("no install script, published from %s", async (_, what) => {
  const registry = await startRegistry();
  await registry.publish(what());
  registry.close();
  const { scripts, gypfile } = registry.published();
  expect(Object.keys(scripts ?? {}).filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
  expect(gypfile).toBe(false);
});

function copyOfFolder(): string {
  const checkout = join(import.meta.dirname, "../../..");
  const folder = mkdtempSync(join(inject("work"), "folder-"));
  for (const name of ["package.json", "binding.gyp", "native", "dist", "prebuilds"])
    cpSync(join(checkout, name), join(folder, name), { recursive: true });
  return folder;
}
