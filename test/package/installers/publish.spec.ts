// What `npm publish` tells the registry, and so all installers. It makes an install script up, `node-gyp rebuild`, where a
// binding.gyp is in the folder, packed or not; `"gypfile": false` prevents that.
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { startRegistry } from "../helpers/registry";

test.each([
  ["the tarball", inject("tarball")],
  ["the folder", join(import.meta.dirname, "../../..")],
])("no install script, published from %s", async (_, what) => {
  const registry = await startRegistry();
  await registry.publish(what);
  registry.close();
  const { scripts, gypfile } = registry.published();
  expect(Object.keys(scripts ?? {}).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  expect(gypfile).toBe(false);
});
