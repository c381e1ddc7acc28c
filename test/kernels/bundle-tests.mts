// Bundles test files of the project with Vitest's runner and matchers, so that a guest needs no packages.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..", "..");

/** The tests of connections: the final TCP_INFO of each way to end, and the cost of a request. */
export const CONNECTION_TESTS: readonly string[] = [
  "test/connections/ended-by-client.test.ts",
  "test/connections/ended-by-server.test.ts",
  "test/connections/measure-request.test.ts",
];

/**
 * Everything that asks the kernel. The other tests are about frameworks, package managers, this machine's Node, or
 * macOS.
 */
const TEST_FILES: readonly string[] = [
  ...liveTests(),
  ...CONNECTION_TESTS,
  "test/addon/native-arguments.test.ts",
  "test/tcp-info/decode.test.ts",
  "test/tcp-info/linux-layout.test.ts",
];

function liveTests(): string[] {
  const folders = readdirSync(join(root, "test"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name: folder }) => {
    const names = readdirSync(join(root, "test", folder)).filter((name) => name.endsWith(".live.test.ts"));
    return names.map((name) => `test/${folder}/${name}`);
  });
}

export interface BundledFile {
  /** Relative to the package's folder. */
  readonly path: string;
  readonly contents: Uint8Array;
  /** Whether it is a program. */
  readonly runs?: boolean;
}

/**
 * The paths are those of the sources with another extension. Errors name them, and helpers find the root from there.
 */
export async function bundleTests(): Promise<BundledFile[]> {
  const entryPoints = [...TEST_FILES, "test/kernels/guest/run-tests.mts"];
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: entryPoints.map((path) => ({ in: path, out: path })),
    // Shared code is in separate files, so that tests and runner use the same Vitest.
    splitting: true,
    chunkNames: "test/shared/[name]-[hash]",
    outdir: root,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    external: ["sockinfo", "sockinfo/connections", "sockinfo/hijack", "sockinfo/unix"],
    platform: "node",
    format: "esm",
    target: "node20",
    // Vitest provides `require` to tests, too.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
    write: false,
  });
  return outputFiles.map(({ path, contents }) => ({ path: relative(root, path), contents }));
}
