// Builds dist/: declarations by tsc, and the program as one file for the core and one for each ring, because each additional file
// costs its share of a cold start.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Folders of src/, each a subpath of the package. package.json exports the same. */
const RINGS = ["connections", "hijack", "unix"];

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules/.bin/tsc");
const { status, error } = spawnSync(tsc, ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);

/** Leaves src/core.ts out of a bundle, which finds dist/core.js at run time, one folder up. */
const withoutCore: Plugin = {
  name: "without core",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.(\/\.\.)*\/core$/ }, () => ({ path: "../core", external: true }));
  },
};

await bundle("src/core.ts", "core.js");
await listNames("src/index.ts", "index.js", "./core.js");
for (const ring of RINGS) {
  await bundle(`src/${ring}/index.ts`, `${ring}/bundle.js`, { plugins: [withoutCore] });
  await refuseStrangers(ring);
  await listNames(`src/${ring}/index.ts`, `${ring}/index.js`, "./bundle.js");
}

async function bundle(entry: string, output: string, options: BuildOptions = {}): Promise<void> {
  const settings = { platform: "node", target: "node20", format: "cjs", bundle: true } as const;
  await build({ ...settings, ...options, entryPoints: [join(root, entry)], outfile: join(dist, output) });
}

/**
 * `import` has Node look through the text of a CommonJS file for the names that it exports, which takes longer than running
 * it. So it gets a short text to look through.
 */
async function listNames(entry: string, output: string, source: string): Promise<void> {
  const { exports } = await describe(entry);
  const lines = exports.map((name) => `exports.${name} = bundle.${name};`);
  writeFileSync(join(dist, output), ['"use strict";', `const bundle = require("${source}");`, ...lines, ""].join("\n"));
}

/** What a ring took from elsewhere than the core would be there twice: two error classes, two native modules. */
async function refuseStrangers(ring: string): Promise<void> {
  const { inputs } = await describe(`src/${ring}/index.ts`);
  const strangers = inputs.filter((path) => !path.startsWith(`src/${ring}/`));
  if (strangers.length > 0) throw new Error(`src/${ring} imports ${strangers.join(", ")}: import from ../core`);
}

/** The files that a module is made of, and the names that it exports. */
async function describe(entry: string): Promise<{ inputs: string[]; exports: string[] }> {
  const { metafile } = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    outdir: dist,
    bundle: true,
    platform: "node",
    format: "esm",
    plugins: [withoutCore],
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs);
  return { inputs: Object.keys(metafile.inputs), exports: output?.exports ?? [] };
}
