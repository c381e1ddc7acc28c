// Single-executable applications on each version of Node, built with the commands of docs/loading.md.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, copyFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { check, checkEqual } from "../helpers/check";
import { root, titledSnippet } from "../helpers/docs";
import { makeUserProject } from "../helpers/user-project";
import { environmentOf, NODES, type Version } from "./versions.mts";

const bins = [join(import.meta.dirname, "node_modules/.bin"), join(root, "node_modules/.bin")];
const DOCS = "docs/loading.md";

export function trySingleExecutables(versions: readonly Version[]): void {
  const project = makeUserProject(join(import.meta.dirname, "build"));
  copyFileSync(join(root, "test/bundlers/project/server.mjs"), join(project, "server.mjs"));
  writeFileSync(join(project, "sea-config.json"), titledSnippet(DOCS, "sea-config.json"));
  const major = process.versions.node.split(".")[0] as string;
  const running = { major, name: `Node ${major}`, bin: dirname(process.execPath) };
  for (const version of [running, ...versions]) {
    const dist = build(project, version, "postject.sh");
    const executable = join(dist, "server");
    checkEqual(
      `${version.name}: single executable, with prebuilds/ beside the program`,
      answer(executable),
      "ESTABLISHED",
    );
    renameSync(join(dist, "prebuilds"), join(dist, "elsewhere"));
    const refusal = answer(executable);
    check(
      `${version.name}: single executable, without the binary`,
      refusal.startsWith("ERR_SOCKINFO_ADDON_LOAD_FAILED") && refusal.includes(join(dist, "prebuilds")),
      refusal,
    );
  }
  // Older versions do not have --build-sea.
  const newest = NODES.at(-1) as Version;
  if (!versions.includes(newest)) return;
  const dist = build(project, newest, "build-sea.sh");
  cpSync(join(project, "node_modules/sockinfo"), join(dist, "node_modules/sockinfo"), { recursive: true });
  const outside = answer(join(dist, "server"));
  checkEqual(
    `${newest.name}: single executable by --build-sea, with node_modules beside the program`,
    outside,
    "ESTABLISHED",
  );
}

/** Runs the commands of the documentation. Returns the folder of their output. */
function build(project: string, version: Version, recipe: string): string {
  const dist = join(project, "dist");
  rmSync(dist, { recursive: true, force: true });
  const env = environmentOf(version, ...bins);
  execFileSync("sh", ["-ec", titledSnippet(DOCS, recipe)], {
    cwd: project,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  return dist;
}

/** The output of the program, started in another folder. */
function answer(executable: string): string {
  const { stdout, stderr } = spawnSync(executable, { cwd: tmpdir(), encoding: "utf8", timeout: 20_000 });
  return `${stdout}${stderr}`.trim();
}
