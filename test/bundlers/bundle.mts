// Bundles server.mjs of a project with each bundler, with the settings in the place that docs/loading.md names.
import { execSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

export interface BundleOptions {
  readonly project: string;
  readonly output: string;
  readonly format: "cjs" | "esm";
  /** The setting that leaves sockinfo out of the bundle. */
  readonly external?: string;
  readonly banner?: string;
}

type Bundle = (options: BundleOptions) => void;

const esbuild: Bundle = ({ project, output, format, external = "", banner = "" }) => {
  const fixed = `--bundle --platform=node --format=${format} --outfile=${output} --log-level=warning`;
  run(project, `esbuild server.mjs ${fixed} ${external} ${banner}`);
};

const webpack: Bundle = ({ project, output, format, external = "" }) => {
  const file = `path: ${JSON.stringify(dirname(output))}, filename: ${JSON.stringify(basename(output))}`;
  const isModule = format === "esm";
  configure(
    project,
    "webpack.config.cjs",
    `module.exports = {
      mode: "production",
      target: "node",
      entry: "./server.mjs",
      experiments: { outputModule: ${isModule} },
      output: { ${file}, module: ${isModule} },
      ${external}
    };`,
  );
  run(project, "webpack build -c webpack.config.cjs");
};

const rollup: Bundle = ({ project, output, format, external = "", banner = "" }) => {
  configure(
    project,
    "rollup.config.mjs",
    `import commonjs from "@rollup/plugin-commonjs";
    import nodeResolve from "@rollup/plugin-node-resolve";
    export default {
      input: "server.mjs",
      plugins: [nodeResolve(), commonjs()],
      output: { file: ${JSON.stringify(output)}, format: "${format}", ${banner} },
      ${external}
    };`,
  );
  run(project, "rollup -c rollup.config.mjs --silent");
};

const vite: Bundle = ({ project, output, external = "", banner = "" }) => {
  configure(
    project,
    "vite.config.mjs",
    `export default {
      build: {
        ssr: "server.mjs",
        outDir: ${JSON.stringify(dirname(output))},
        rolldownOptions: { output: { entryFileNames: ${JSON.stringify(basename(output))}, ${banner} } },
      },
      ssr: { noExternal: true, ${external} },
    };`,
  );
  run(project, "vite build --logLevel warn");
};

/** The bundlers, by their names in docs/loading.md, with the module formats to test. */
export const BUNDLERS: readonly { name: string; formats: readonly BundleOptions["format"][]; bundle: Bundle }[] = [
  { name: "esbuild", formats: ["cjs", "esm"], bundle: esbuild },
  { name: "webpack", formats: ["cjs", "esm"], bundle: webpack },
  { name: "Rollup", formats: ["cjs", "esm"], bundle: rollup },
  { name: "Vite", formats: ["esm"], bundle: vite },
];

function configure(project: string, file: string, text: string): void {
  writeFileSync(join(project, file), text);
}

/** Runs the command in a shell, because the documentation quotes settings for a shell. */
function run(project: string, command: string): void {
  const bin = join(import.meta.dirname, "node_modules", ".bin");
  const PATH = `${bin}:${process.env["PATH"]}`;
  execSync(command, { cwd: project, env: { ...process.env, PATH }, stdio: ["ignore", "pipe", "inherit"] });
}
