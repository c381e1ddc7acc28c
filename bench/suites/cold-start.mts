// The time to load sockinfo and call it once, in a new process that has loaded node:http. A package that does nothing
// shows how much of that time is Node's own.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fdOfSocket } from "../compared/c-loop.mts";
import { withLiveRequest } from "../connections/live-request.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, valueRow, type Row, type Section } from "../report/section.mts";

const ROOT = join(import.meta.dirname, "../..");
const LIMIT = atMost(5);
const EMPTY_PACKAGE = "package-that-does-nothing";
/** The child inherits a connected socket as descriptor 3. */
const CALLS = { sockinfo: "getTcpInfo(3)", [EMPTY_PACKAGE]: "getNothing()" };

const LOADS = {
  import: { ending: "mjs", load: (name: string) => `(await import("${name}"))` },
  require: { ending: "cjs", load: (name: string) => `require("${name}")` },
};
const PACKAGES = Object.keys(CALLS) as (keyof typeof CALLS)[];

export function coldStart({ coldStarts }: SampleSize): Promise<Section> {
  return withLiveRequest(async ({ socket }) => {
    const fd = fdOfSocket(socket);
    const project = makeProject();
    const rows: Row[] = [];
    for (const [word, { ending }] of Object.entries(LOADS)) {
      const [ours, nothing] = [[], []] as [number[], number[]];
      for (let i = 0; i < coldStarts; i++) {
        ours.push(start(join(project, `sockinfo.${ending}`), fd));
        nothing.push(start(join(project, `${EMPTY_PACKAGE}.${ending}`), fd));
      }
      const differences = ours.map((ms, pair) => ms - (nothing[pair] as number));
      rows.push(
        valueRow(`${word} sockinfo and call getTcpInfo once`, ours, "ms"),
        valueRow(`${word} a package that does nothing and call it once`, nothing, "ms"),
        valueRow(`${word}: the difference`, differences, "ms", LIMIT),
      );
    }
    rmSync(project, { recursive: true });
    return {
      title: "Cold start",
      about:
        "The time to load the installed package and call it once, measured inside a new process that has loaded node:http. The " +
        `package that does nothing shows how much of that is Node's own. ${coldStarts} pairs of processes.`,
      rows,
    };
  });
}

/** A user's project: both packages in node_modules, and a program for each package and each way to load it. */
function makeProject(): string {
  const project = mkdtempSync(join(tmpdir(), "sockinfo-bench-"));
  for (const part of ["dist", "prebuilds", "package.json"])
    cpSync(join(ROOT, part), join(project, "node_modules/sockinfo", part), { recursive: true });
  const empty = join(project, "node_modules", EMPTY_PACKAGE);
  mkdirSync(empty);
  writeFileSync(join(empty, "package.json"), JSON.stringify({ name: EMPTY_PACKAGE, exports: "./index.js" }));
  writeFileSync(join(empty, "index.js"), "exports.getNothing = () => undefined;");
  for (const { ending, load } of Object.values(LOADS)) {
    const http = ending === "mjs" ? 'import "node:http";' : 'require("node:http");';
    for (const name of PACKAGES) {
      const timed = `${http} const start = performance.now(); ${load(name)}.${CALLS[name]}; console.log(performance.now() - start);`;
      writeFileSync(join(project, `${name}.${ending}`), timed);
    }
  }
  return project;
}

function start(file: string, fd: number): number {
  const { status, stdout } = spawnSync(process.execPath, [file], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit", fd],
  });
  if (status !== 0) throw new Error(`node ${file} failed`);
  return Number(stdout);
}
