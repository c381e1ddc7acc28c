// Builds dist/: one JavaScript bundle and one declaration file for the core and for each subpath, and one bundle for
// each part of the core that is loaded later. Each additional file would cost its share of a cold start.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { buildDeclarations } from "./declarations.mts";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** Folders of src/. Each is a subpath of the package, which package.json exports. */
const SUBPATHS = ["connections", "hijack", "logging", "opentelemetry", "prometheus", "server-timing", "unix", "page"];

/** The subpaths that other subpaths may import. These load its bundle, as they load that of the core. */
const IMPORTABLE = ["connections", "hijack", "unix"];

/** The program that package.json has as `bin`. */
const PROGRAM = { entry: "src/cli/sockinfo.ts", output: "cli/sockinfo.js" };

/** Folders and files of src/ that subpaths and the program may import. Each bundles its own copy. */
const SHARED = [
  "src/metrics/",
  "src/page/protocol.ts",
  "src/quantiles.ts",
  "src/quantities.ts",
  "src/ranking.ts",
  "src/sock-diag/ip-address.ts",
];

/** Files of src/ that src/parts.ts loads at the first call that needs one, and the file of dist/ that each becomes. */
const PARTS: Readonly<Record<string, string>> = {
  "./diagnosis/diagnose": "diagnosis.js",
  "./sock-diag/part": "sock-diag.js",
};

/** A bundle of dist/ that other bundles load, and the names that it exports. */
interface Loaded {
  readonly path: string;
  readonly names: readonly string[];
}

/**
 * Leaves src/core.ts, and the subpaths that others may import, out of the bundle of a subpath or part. The bundle
 * requires each of these files once, and reads each name once. esbuild itself would require it in each importing file
 * of src/. Each time costs thirty microseconds of a cold start.
 *
 * @param loaded - By the name at the end of the path in an import: "core" for "../core".
 */
function withoutLoaded(loaded: ReadonlyMap<string, Loaded>): Plugin {
  const contents = (name: string): string => {
    const { path, names } = loaded.get(name) as Loaded;
    const reads = names.map((each) => `export const ${each} = /* @__PURE__ */ read("${each}");`);
    return [`const loaded = require("${path}");`, "const read = (name) => loaded[name];", ...reads].join("\n");
  };
  return {
    name: "without loaded bundles",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^\\.\\.(/\\.\\.)*/(${[...loaded.keys()].join("|")})$`) }, ({ path }) => ({
        path: basename(path),
        namespace: "loaded",
      }));
      onResolve({ filter: /./, namespace: "loaded" }, ({ path }) => ({ path, external: true }));
      onLoad({ filter: /./, namespace: "loaded" }, ({ path }) => ({ contents: contents(path) }));
    },
  };
}

/** The file with the browser part of sockinfo/page, which the subpath loads at the first request. */
const VIEW = "./view.js";

/** Leaves the browser part out of the bundle of sockinfo/page. */
const withoutView: Plugin = {
  name: "without view",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/view\.js$/ }, ({ kind, path }) =>
      kind === "require-call" ? { path, external: true } : undefined,
    );
  },
};

/** Leaves the parts out of the core's bundle, which requires their files. */
const withoutParts: Plugin = {
  name: "without parts",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === "require-call" && PARTS[path] !== undefined ? { path: `./${PARTS[path]}`, external: true } : undefined,
    );
  },
};

const SETTINGS = {
  platform: "node",
  target: "node20",
  format: "cjs",
  bundle: true,
  define: { PACKAGE_VERSION: JSON.stringify(version) },
  absWorkingDir: root,
} as const satisfies BuildOptions;

const SHEBANG = "#!/usr/bin/env node";

rmSync(dist, { recursive: true, force: true });
const { exports: coreNames } = await describe("src/core.ts", withoutParts);
const runtimeNames = new Map([[".", await buildCore()]]);
await buildView();
/** Grows with each subpath of `IMPORTABLE`, so `SUBPATHS` must list those before the subpaths that import them. */
const loadedBySubpaths = new Map<string, Loaded>([["core", { path: "../core.js", names: coreNames }]]);
for (const [entry, output] of Object.entries(PARTS)) await buildPart(`src/${entry.slice(2)}.ts`, output);
for (const subpath of SUBPATHS) runtimeNames.set(subpath, await buildSubpath(subpath));
await buildProgram();
await buildDeclarations(root, dist, runtimeNames);

async function buildCore(): Promise<string[]> {
  await bundle("src/core.ts", "core.js", coreNames, withoutParts);
  const { exports } = await describe("src/index.ts", withoutParts);
  listNames("index.js", "./core.js", exports);
  return exports;
}

async function buildPart(entry: string, output: string): Promise<void> {
  await bundleWithoutLoaded(entry, output, new Map([["core", { path: "./core.js", names: coreNames }]]));
}

async function buildSubpath(subpath: string): Promise<string[]> {
  const entry = `src/${subpath}/index.ts`;
  const exports = await bundleWithoutLoaded(entry, `${subpath}/bundle.js`, loadedBySubpaths);
  listNames(`${subpath}/index.js`, "./bundle.js", exports);
  if (IMPORTABLE.includes(subpath)) {
    loadedBySubpaths.set(subpath, { path: `../${subpath}/bundle.js`, names: exports });
  }
  return exports;
}

/** Bundles the browser part of sockinfo/page, and puts its three files as text into one. */
async function buildView(): Promise<void> {
  const source = join(root, "src/page/view");
  const options = { bundle: true, minify: true, write: false, format: "esm", target: "es2022" } as const;
  const textOf = async (entry: string): Promise<string> => {
    const { outputFiles } = await build({ ...options, entryPoints: [join(source, entry)], legalComments: "none" });
    return outputFiles[0]?.text ?? "";
  };
  const files = {
    "": readFileSync(join(source, "index.html"), "utf8").replaceAll(/\n\s*/g, "\n"),
    "page.js": await textOf("main.ts"),
    "page.css": await textOf("page.css"),
  };
  mkdirSync(join(dist, "page"), { recursive: true });
  writeFileSync(join(dist, "page", VIEW), `"use strict";\nmodule.exports = ${JSON.stringify(files)};\n`);
}

async function buildProgram(): Promise<void> {
  const { entry, output } = PROGRAM;
  const plugin = withoutLoaded(loadedBySubpaths);
  await checkInputs(entry, plugin);
  const outfile = join(dist, output);
  await build({ ...SETTINGS, entryPoints: [join(root, entry)], banner: { js: SHEBANG }, plugins: [plugin], outfile });
  chmodSync(outfile, 0o755);
}

/** Bundles a subpath or part, and returns its exported names. */
async function bundleWithoutLoaded(
  entry: string,
  output: string,
  loaded: ReadonlyMap<string, Loaded>,
): Promise<string[]> {
  const plugin = withoutLoaded(loaded);
  const exports = await checkInputs(entry, plugin);
  await bundle(entry, output, exports, plugin);
  return exports;
}

/**
 * A bundle may import only its own folder, what is shared, and what it loads. Any other file would be bundled twice:
 * two error classes, two native modules. Returns the names that the entry exports.
 */
async function checkInputs(entry: string, plugin: Plugin): Promise<string[]> {
  const { inputs, exports } = await describe(entry, plugin);
  const own = [`${dirname(entry)}/`, "loaded:", ...SHARED];
  const others = inputs.filter((path) => !own.some((folder) => path.startsWith(folder)));
  if (others.length > 0) throw new Error(`${dirname(entry)} imports ${others.join(", ")}: import from ../core`);
  return exports;
}

/**
 * Exports plain properties. esbuild's own form is two getters for each name: half a millisecond of a cold start, and
 * two calls at each use of a name by another file.
 */
async function bundle(entry: string, output: string, names: readonly string[], plugin: Plugin): Promise<void> {
  const list = names.join(", ");
  await build({
    ...SETTINGS,
    banner: { js: '"use strict";' },
    // A file that imports may set module.exports, if its name says that it is an ES module.
    stdin: {
      contents: `import { ${list} } from "./${basename(entry)}";\nmodule.exports = { ${list} };\n`,
      resolveDir: join(root, dirname(entry)),
      sourcefile: "exports.mts",
      loader: "ts",
    },
    logOverride: { "commonjs-variable-in-esm": "silent" },
    plugins: [plugin, withoutView],
    outfile: join(dist, output),
  });
}

/**
 * On `import`, Node searches the text of a CommonJS file for the names that it exports. That takes longer than
 * running the file, so Node gets a short file that lists the names.
 */
function listNames(output: string, source: string, names: readonly string[]): void {
  const lines = names.map((name) => `exports.${name} = bundle.${name};`);
  writeFileSync(join(dist, output), ['"use strict";', `const bundle = require("${source}");`, ...lines, ""].join("\n"));
}

/** The files that a module consists of, and the names that it exports. */
async function describe(entry: string, plugin: Plugin): Promise<{ inputs: string[]; exports: string[] }> {
  const { metafile } = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    outdir: dist,
    bundle: true,
    platform: "node",
    format: "esm",
    plugins: [plugin, withoutView],
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs);
  return { inputs: Object.keys(metafile.inputs), exports: output?.exports ?? [] };
}
