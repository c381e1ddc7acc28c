// What loading sockinfo and the first call take in a server that has node:http already, by the clock inside fresh processes, beside
// a package that does nothing: what that takes is Node's own.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fdOfSocket } from "../connections/unix-server.mts";
import { withLiveRequest } from "../connections/live-request.mts";
import type { Effort } from "../measure/effort.mts";
import { spread } from "../measure/statistics.mts";
import type { Row, Section } from "../report/section.mts";

const ROOT = join(import.meta.dirname, "../..");
const LIMIT_MS = 5;
const EMPTY_PACKAGE = "package-that-does-nothing";
/** The child's descriptor 3 is a connected socket. */
const CALL = { sockinfo: "getTcpInfo(3)", [EMPTY_PACKAGE]: "getNothing()" };

const LOADS = {
  import: { ending: "mjs", load: (name: string) => `(await import("${name}"))` },
  require: { ending: "cjs", load: (name: string) => `require("${name}")` },
};
const PACKAGES = Object.keys(CALL) as (keyof typeof CALL)[];

export function coldStart({ coldStarts }: Effort): Promise<Section> {
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
      const more = ours.map((ms, pair) => ms - (nothing[pair] as number));
      rows.push(row(`${word} sockinfo and the first call`, ours), row(`${word} a package that does nothing`, nothing), {
        ...row(`${word}: the difference`, more),
        limit: `≤ ${LIMIT_MS} ms`,
        reached: spread(more).median <= LIMIT_MS,
      });
    }
    rmSync(project, { recursive: true });
    const notes = [`Cold start: medians of ${coldStarts} pairs of processes, p10–p90 in the column of the ratio.`];
    return { title: "Cold start: load sockinfo and call getTcpInfo once", rows, notes };
  });
}

/** A user's folder with both packages and a program for each of them and each way to load it. */
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
      const timed = `${http} const start = performance.now(); ${load(name)}.${CALL[name]}; console.log(performance.now() - start);`;
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

function row(what: string, samples: readonly number[]): Row {
  const { p10, median, p90 } = spread(samples);
  const range = `(${p10.toFixed(1)}–${p90.toFixed(1)} ms)`;
  return { what, time: `${median.toFixed(1)} ms`, ratio: range, to: "", limit: "", reached: undefined };
}
