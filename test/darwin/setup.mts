// Runs once before all tests of this folder: makes the SDK, the macOS binaries, the addon that runs one of them, and
// in .cache/darwin/package the package as it is installed on an Intel Mac.
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildBundle, buildFakeMac, bundleOf } from "./build.mts";
import { writeLayouts } from "./layouts.mts";
import { cache, darwinSdk } from "./sdk.mts";

const root = join(import.meta.dirname, "..", "..");

export default function setup(): void {
  const sdk = darwinSdk();
  buildBundle(sdk, "arm64");
  buildBundle(sdk, "x64");
  buildFakeMac(sdk);
  writeLayouts(sdk);

  const installed = join(cache, "package");
  rmSync(installed, { recursive: true, force: true });
  mkdirSync(join(installed, "prebuilds", "darwin-x64"), { recursive: true });
  for (const name of ["dist", "package.json"]) cpSync(join(root, name), join(installed, name), { recursive: true });
  cpSync(bundleOf("x64"), join(installed, "prebuilds", "darwin-x64", "sockinfo.node"));
}
