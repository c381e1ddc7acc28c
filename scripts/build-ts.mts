// Builds dist/: declarations by tsc, and the program as one file, core.js, because each additional file costs its share of a cold start.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildSync } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules/.bin/tsc");
const { status, error } = spawnSync(tsc, ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);

buildSync({
  entryPoints: [join(root, "src/index.ts")],
  outfile: join(dist, "core.js"),
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
});

// `import` has Node look through the text of a CommonJS package for the names that it exports, which takes longer than running
// it. So it gets a short text to look through.
const names = Object.keys(createRequire(import.meta.url)(join(dist, "core.js")) as object);
writeFileSync(
  join(dist, "index.js"),
  [
    '"use strict";',
    'const core = require("./core.js");',
    ...names.map((name) => `exports.${name} = core.${name};`),
    "",
  ].join("\n"),
);
