// Builds what a run needs into test/diagnosis/build: the C++ programs, linked statically, and the scripts as bundles.
// So guests can run them, too, and runs start fast.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..", "..");

export const PROGRAMS: string = join(import.meta.dirname, "build");

export async function buildPrograms(): Promise<void> {
  mkdirSync(PROGRAMS, { recursive: true });
  for (const source of ["test/helpers/network-path.cc", "test/diagnosis/peer.cc", "test/diagnosis/listen.cc"]) {
    const program = source.replace(/.*\//, "").replace(".cc", "");
    const flags = ["-std=c++17", "-O2", "-static", "-o", join(PROGRAMS, program)];
    execFileSync("c++", [...flags, join(root, source)], { stdio: "inherit" });
  }
  await build({
    absWorkingDir: root,
    entryPoints: ["run", "node-peer", "guest"].map((name) => `test/diagnosis/${name}.mts`),
    outdir: PROGRAMS,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    external: ["sockinfo"],
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
  });
}
