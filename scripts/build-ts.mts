// Builds dist/: declarations by tsc, and the program as one file for the core and one for each ring, because each additional file
// costs its share of a cold start.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BuildOptions, buildSync } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Folders of src/, each a subpath of the package. package.json exports the same. */
const RINGS = ["connections", "hijack", "unix"];

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules/.bin/tsc");
const { status, error } = spawnSync(tsc, ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);

bundle("src/core.ts", "core.js");
listNames("src/index.ts", "index.js", "./core.js");
for (const ring of RINGS) {
  bundle(`src/${ring}/index.ts`, `${ring}/bundle.js`, { external: ["../core"] });
  refuseStrangers(ring);
  listNames(`src/${ring}/index.ts`, `${ring}/index.js`, "./bundle.js");
}

function bundle(entry: string, output: string, options: BuildOptions = {}): void {
  const settings = { platform: "node", target: "node20", format: "cjs", bundle: true } as const;
  buildSync({ ...settings, ...options, entryPoints: [join(root, entry)], outfile: join(dist, output) });
}

/**
 * `import` has Node look through the text of a CommonJS file for the names that it exports, which takes longer than running
 * it. So it gets a short text to look through.
 */
function listNames(entry: string, output: string, source: string): void {
  const { exports } = describe(entry);
  const lines = exports.map((name) => `exports.${name} = bundle.${name};`);
  writeFileSync(join(dist, output), ['"use strict";', `const bundle = require("${source}");`, ...lines, ""].join("\n"));
}

/** What a ring took from elsewhere than the core would be there twice: two error classes, two native modules. */
function refuseStrangers(ring: string): void {
  const { inputs } = describe(`src/${ring}/index.ts`);
  const strangers = inputs.filter((path) => !path.startsWith(`src/${ring}/`));
  if (strangers.length > 0) throw new Error(`src/${ring} imports ${strangers.join(", ")}: import from ../core`);
}

/** The files that a module is made of, and the names that it exports. */
function describe(entry: string): { inputs: string[]; exports: string[] } {
  const { metafile } = buildSync({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    outdir: dist,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["../core"],
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs);
  return { inputs: Object.keys(metafile.inputs), exports: output?.exports ?? [] };
}
