// Bundles the project's own test files with Vitest's runner and matchers, so that a guest needs no packages. Used by run.mts.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..", "..");

/** All that asks the kernel. What is left out asks frameworks, package managers, this machine's Node, or macOS. */
const TEST_FILES = [
  ...testsIn("test/live").filter((path) => path !== "test/live/macos.test.ts"),
  // The last TCP_INFO of a connection, however it ended, and what a request cost.
  "test/connections/ended-by-client.test.ts",
  "test/connections/ended-by-server.test.ts",
  "test/connections/measure-request.test.ts",
  "test/hazard/bad-input.test.ts",
  "test/hazard/descriptor-reuse.test.ts",
  "test/hazard/native-arguments.test.ts",
  "test/unit/decode.test.ts",
  "test/unit/linux-layout.test.ts",
];

function testsIn(folder: string): string[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".test.ts"));
  return names.map((name) => `${folder}/${name}`);
}

export interface BundledFile {
  /** In the package's folder. */
  readonly path: string;
  readonly contents: Uint8Array;
}

/** Paths are those of the sources with another ending: errors name them, and helpers look for the root from there. */
export async function bundleTests(): Promise<BundledFile[]> {
  const entryPoints = [...TEST_FILES, "test/kernels/guest/run-tests.mts"];
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: entryPoints.map((path) => ({ in: path, out: path })),
    // What they share is in files of its own, so that tests and runner have the same Vitest.
    splitting: true,
    chunkNames: "test/shared/[name]-[hash]",
    outdir: root,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    external: ["sockinfo", "sockinfo/connections", "sockinfo/hijack", "sockinfo/unix"],
    platform: "node",
    format: "esm",
    target: "node20",
    // Vitest gives its tests `require`, too.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
    write: false,
  });
  return outputFiles.map(({ path, contents }) => ({ path: relative(root, path), contents }));
}
