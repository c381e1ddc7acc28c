// `npm run test:bundlers`: bundles a server with each bundler and the settings of docs/loading.md, with sockinfo
// external and bundled. Runs the results in another folder.
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { check, checkEqual } from "../helpers/check";
import { installLocked } from "../helpers/install-locked";
import { makeUserProject } from "../helpers/user-project";
import { BUNDLERS, type BundleOptions } from "./bundle.mts";
import { copyInto, makeTarget, output } from "./deploy.mts";
import { tryNext } from "./next.mts";
import { banner, external } from "./settings.mts";
import { trace } from "./trace.mts";

installLocked(import.meta.dirname);
const project = makeUserProject(join(import.meta.dirname, "build"));
const installed = join(project, "node_modules", "sockinfo");
cpSync(join(import.meta.dirname, "project"), project, { recursive: true });

for (const { name, formats, bundle } of BUNDLERS) {
  for (const format of formats) {
    const file = format === "cjs" ? "server.cjs" : "server.mjs";
    const build = (kind: string, settings: Pick<BundleOptions, "external" | "banner">): string => {
      const folder = join(project, `${name}-${format}-${kind}`);
      bundle({ project, output: join(folder, file), format, ...settings });
      return folder;
    };
    // ES modules of webpack need no banner.
    const needed = format === "esm" && name !== "webpack" ? { banner: banner(name) } : {};
    // esbuild's banner also defines `require`, which its ES modules need to import any CommonJS package.
    const minimal = name === "esbuild" ? needed : {};
    const [out, alone, together] = [makeTarget(), makeTarget(), makeTarget()];
    copyInto(out, build("external", { external: external(name) }), "bundle");
    copyInto(out, installed, "node_modules/sockinfo");
    checkEqual(`${name}, ${format}: external`, output(out, `bundle/${file}`), "ESTABLISHED");
    copyInto(alone, build("alone", minimal), "bundle");
    // In a folder above the bundle, another user may have placed the binary.
    copyInto(alone, join(installed, "prebuilds"), "prebuilds");
    checkRefusal(
      `${name}, ${format}: bundled, refuses a binary that is only in a folder above`,
      output(alone, `bundle/${file}`),
    );
    copyInto(together, build("together", needed), "bundle");
    copyInto(together, join(installed, "prebuilds"), "bundle/prebuilds");
    checkEqual(
      `${name}, ${format}: bundled, with prebuilds/ beside the bundle`,
      output(together, `bundle/${file}`),
      "ESTABLISHED",
    );
  }
}

// The published package has the binaries of several platforms.
const prebuilds = "node_modules/sockinfo/prebuilds";
cpSync(join(project, prebuilds, "linux-x64"), join(project, prebuilds, "darwin-arm64"), { recursive: true });
const files = await trace(project, "server.mjs");
const traced = makeTarget();
for (const file of files) copyInto(traced, join(project, file), file);
checkEqual(
  "@vercel/nft: lists the binaries of all platforms",
  files.filter((file) => file.endsWith(".node")).toSorted(),
  readdirSync(join(project, prebuilds)).map((name) => join(prebuilds, name, "sockinfo.node")),
);
checkEqual("@vercel/nft: the listed files are enough", output(traced, "server.mjs"), "ESTABLISHED");

await tryNext(project, checkRefusal);

function checkRefusal(what: string, answer: string): void {
  const explained =
    answer.startsWith("ERR_SOCKINFO_ADDON_LOAD_FAILED") &&
    /mark sockinfo as external, or (copy its prebuilds|define __dirname)/i.test(answer);
  check(what, explained, answer);
}
