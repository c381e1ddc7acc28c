// The installers: how each adds the package to a project, and how it installs from its own lock file.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Registry, npmrc } from "../helpers/registry";

const tools = join(import.meta.dirname, "node_modules");

export interface Installer {
  readonly name: string;
  /** The oldest Node that the installer supports. Default: ours. */
  readonly node?: readonly [major: number, minor: number];
  /** A JavaScript file for Node, or a native program, which may not exist for this system. */
  readonly program: string;
  readonly add: readonly string[];
  readonly frozen: readonly string[];
  /** The configuration files, which only name the registry. All other settings are defaults. */
  readonly files: (registry: Registry) => Record<string, string>;
  /** The installer's parameters to start Node, if plain `node` does not find the package. */
  readonly startNode?: readonly string[];
  /** The output that does not depend on the package. */
  readonly alwaysSays?: RegExp;
}

const usesNpmrc = (registry: Registry) => ({ ".npmrc": npmrc(registry) });
const npm = { add: ["install", "sockinfo"], frozen: ["ci"], files: usesNpmrc };
const pnpm = { add: ["add", "sockinfo"], frozen: ["install", "--frozen-lockfile"], files: usesNpmrc };
const yarn4 = (nodeLinker: string) => ({
  program: join(tools, "@yarnpkg/cli-dist/bin/yarn.js"),
  add: ["add", "sockinfo"],
  frozen: ["install", "--immutable"],
  files: ({ url }: Registry) => ({
    "yarn.lock": "",
    ".yarnrc.yml": `nodeLinker: ${nodeLinker}\nnpmRegistryServer: "${url}"\nunsafeHttpWhitelist: ["127.0.0.1"]\n`,
  }),
});

export const installers: readonly Installer[] = [
  { name: "npm 10", program: join(tools, "npm10/bin/npm-cli.js"), ...npm },
  { name: "npm 11", program: join(tools, "npm11/bin/npm-cli.js"), ...npm },
  { name: "npm 12", program: join(tools, "npm12/bin/npm-cli.js"), node: [22, 22], ...npm },
  { name: "pnpm 10", program: join(tools, "pnpm10/bin/pnpm.cjs"), ...pnpm },
  { name: "pnpm 12", program: join(tools, `@pnpm/exe.${process.platform}-${process.arch}/pnpm`), ...pnpm },
  {
    name: "Yarn 1",
    program: join(tools, "yarn/bin/yarn.js"),
    add: ["add", "sockinfo"],
    frozen: ["install", "--frozen-lockfile"],
    files: usesNpmrc,
    alwaysSays: /Building fresh packages/g,
  },
  { name: "Yarn 4, node_modules", ...yarn4("node-modules") },
  {
    name: "Yarn 4, Plug'n'Play",
    ...yarn4("pnp"),
    startNode: ["node"],
    alwaysSays:
      /ESM support for PnP uses the experimental loader API and is therefore experimental|Done with warnings/g,
  },
  {
    name: "Bun",
    program: join(tools, `@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : "x64"}/bin/bun`),
    add: ["add", "sockinfo"],
    frozen: ["install", "--frozen-lockfile"],
    files: usesNpmrc,
  },
];

/**
 * A Node that is new enough: this one, or the one in package.json of this folder, which may not exist for this
 * system.
 */
export function findNode([major, minor]: readonly [number, number] = [0, 0]): string | undefined {
  const [ours = 0, oursMinor = 0] = process.versions.node.split(".").map(Number);
  if (ours > major || (ours === major && oursMinor >= minor)) return process.execPath;
  const newer = join(tools, `node-${process.platform}-${process.arch}/bin/node`);
  return existsSync(newer) ? newer : undefined;
}
