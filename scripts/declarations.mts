// Builds the declaration files: dist/index.d.ts, and one file for each subpath, which imports the core's types from
// it.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

/** The names that each file exports at run time, by its subpath: "." is the core. */
export type RuntimeNames = ReadonlyMap<string, readonly string[]>;

/** Runs the compiler, then rolls its files up. Declarations marked `@internal` are left out. */
export async function buildDeclarations(root: string, dist: string, runtimeNames: RuntimeNames): Promise<void> {
  // The outDir of tsconfig.build.json.
  const compiled = join(root, "build/declarations");
  rmSync(compiled, { recursive: true, force: true });
  const compiler = join(root, "node_modules/.bin/tsc");
  const { status, error } = spawnSync(compiler, ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);

  let core: readonly string[] = [];
  for (const [subpath, values] of runtimeNames) {
    const file = join(subpath, "index.d.ts");
    const ofSubpath = subpath === "." ? [] : [importLoaded, importMentionedNames(core)];
    const plugins = [...ofSubpath, dts(), exportTypes(values)];
    const bundle = await rollup({ input: join(compiled, file), external: /^(node:|@opentelemetry\/api$)/, plugins });
    const { output } = await bundle.write({ file: join(dist, file) });
    await bundle.close();
    if (subpath === ".") core = output[0].exports;
  }
}

/**
 * Each type of the core is declared once, in dist/index.d.ts: two declarations of a class would be two types. The same
 * holds for the types of sockinfo/connections.
 */
const importLoaded: Plugin = {
  name: "import loaded",
  resolveId(id) {
    // src/page/protocol.ts can't import the core, because browsers use it, too.
    if (/^\.\.(\/\.\.)*\/(core|diagnosis\/types)$/.test(id)) return { id: "../index", external: true };
    if (/^\.\.(\/\.\.)*\/connections$/.test(id)) return { id: "../connections/index", external: true };
    return undefined;
  },
};

/**
 * Imports the names of the core that only doc comments mention. An editor can then resolve `{@link}` and `@throws`.
 */
function importMentionedNames(core: readonly string[]): Plugin {
  return {
    name: "import mentioned names",
    renderChunk: {
      // After rollup-plugin-dts, which has removed unused imports.
      order: "post",
      handler(code, { importedBindings }) {
        const imported = new Set(Object.values(importedBindings).flat());
        const mentioned = new Set([...code.matchAll(/(?:\{@link |@throws \{)(\w+)/g)].map(([, name = ""]) => name));
        const missing = core.filter((name) => mentioned.has(name) && !imported.has(name));
        return missing.length === 0 ? code : `import type { ${missing.join(", ")} } from '../index';\n${code}`;
      },
    },
  };
}

/**
 * `export type` for what does not exist at run time. rollup-plugin-dts exports every class as a value, even where the
 * source says `export type`.
 */
function exportTypes(values: readonly string[]): Plugin {
  return {
    name: "export types",
    renderChunk: {
      order: "post",
      handler: (code) =>
        code.replace(/^export \{ (.*) \};$/m, (_, list: string) => {
          const exported = list.split(", ").map((name) => (values.includes(name) ? name : `type ${name}`));
          return `export { ${exported.join(", ")} };`;
        }),
    },
  };
}
