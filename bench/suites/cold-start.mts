// The time to load sockinfo and call it once, in a new process that has loaded node:http, and the time that each subpath
// adds. A package that does nothing shows how much of that time is Node's own.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fdOfSocket } from "../compared/c-loop.mts";
import { withLiveRequest } from "../connections/live-request.mts";
import { shuffled } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, differenceRow, valueRow, type Row, type Section } from "../report/section.mts";

const ROOT = join(import.meta.dirname, "../..");
const LIMIT = atMost(3);
const EMPTY_PACKAGE = "package-that-does-nothing";
const SUBPATHS = ["connections", "hijack", "unix"];

/** The child inherits a connected socket as descriptor 3. */
const REQUIRE = 'require("sockinfo").getTcpInfo(3)';

interface Program {
  readonly file: string;
  /** Runs before the measured code. */
  readonly before: string;
  readonly measured: string;
}

const PROGRAMS = {
  require: { file: "require.cjs", before: 'require("node:http")', measured: REQUIRE },
  requireNothing: {
    file: "require-nothing.cjs",
    before: 'require("node:http")',
    measured: `require("${EMPTY_PACKAGE}").getNothing()`,
  },
  import: {
    file: "import.mjs",
    before: 'import "node:http"',
    measured: '(await import("sockinfo")).getTcpInfo(3)',
  },
  importNothing: {
    file: "import-nothing.mjs",
    before: 'import "node:http"',
    measured: `(await import("${EMPTY_PACKAGE}")).getNothing()`,
  },
} satisfies Record<string, Program>;

const SUBPATH_PROGRAMS: Readonly<Record<string, Program>> = Object.fromEntries(
  SUBPATHS.map((subpath) => [
    subpath,
    {
      file: `${subpath}.cjs`,
      before: `require("node:http"); ${REQUIRE}`,
      measured: `require("sockinfo/${subpath}")`,
    },
  ]),
);

/** One process: milliseconds, and those of CPU time of all its threads. */
interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
}

type Starts<Name extends string> = Readonly<Record<Name, readonly Start[]>>;

export function coldStart({ coldStarts }: SampleSize): Promise<Section> {
  return withLiveRequest(async ({ socket }) => {
    const project = makeProject();
    const measure = <Name extends string>(programs: Readonly<Record<Name, Program>>, env: NodeJS.ProcessEnv = {}) =>
      startAll(project, programs, fdOfSocket(socket), coldStarts, env);
    const starts = measure(PROGRAMS);
    const rows = [
      ...compare("require", starts.require, starts.requireNothing, LIMIT),
      ...compare("import", starts.import, starts.importNothing),
    ];
    for (const [subpath, added] of Object.entries(measure(SUBPATH_PROGRAMS)))
      rows.push(valueRow(`require sockinfo/${subpath}, after sockinfo`, wallsOf(added), "ms"));
    if (hasCompileCache()) {
      const { require, requireNothing } = PROGRAMS;
      const env = { NODE_COMPILE_CACHE: join(project, "compile-cache") };
      // Fills the cache. Node adds what a process compiles when the process ends.
      measure({ require, requireNothing }, env);
      const cached = measure({ require, requireNothing }, env);
      rows.push(...compare("require with NODE_COMPILE_CACHE", cached.require, cached.requireNothing));
    }
    rmSync(project, { recursive: true });
    return {
      title: "Cold start",
      about:
        "The time to load the installed package and call it once, measured inside a new process that has loaded node:http. The " +
        `package that does nothing shows how much of that is Node's own. ${coldStarts} processes of each, in turns.`,
      rows,
    };
  });
}

function compare(what: string, ours: readonly Start[], nothing: readonly Start[], limit?: typeof LIMIT): Row[] {
  const name = `${what} a package that does nothing and call it once`;
  return [
    valueRow(`${what} sockinfo and call getTcpInfo once`, wallsOf(ours), "ms"),
    valueRow(name, wallsOf(nothing), "ms"),
    differenceRow(`${what}: the difference`, wallsOf(ours), { name, samples: wallsOf(nothing) }, { unit: "ms", limit }),
    differenceRow(
      `${what}: the difference in CPU time`,
      cpusOf(ours),
      { name, samples: cpusOf(nothing) },
      { unit: "ms" },
    ),
  ];
}

function wallsOf(starts: readonly Start[]): number[] {
  return starts.map(({ wallMs }) => wallMs);
}

function cpusOf(starts: readonly Start[]): number[] {
  return starts.map(({ cpuMs }) => cpuMs);
}

/** Node 22.1 and later. */
function hasCompileCache(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 1);
}

/** A user's project: both packages in node_modules, and the programs. */
function makeProject(): string {
  const project = mkdtempSync(join(tmpdir(), "sockinfo-bench-"));
  for (const part of ["dist", "prebuilds", "package.json"])
    cpSync(join(ROOT, part), join(project, "node_modules/sockinfo", part), { recursive: true });
  const empty = join(project, "node_modules", EMPTY_PACKAGE);
  mkdirSync(empty);
  writeFileSync(join(empty, "package.json"), JSON.stringify({ name: EMPTY_PACKAGE, exports: "./index.js" }));
  writeFileSync(join(empty, "index.js"), "exports.getNothing = () => undefined;");
  for (const { file, before, measured } of [...Object.values(PROGRAMS), ...Object.values(SUBPATH_PROGRAMS)]) {
    const lines = [
      before,
      "const usage = process.cpuUsage(), start = performance.now()",
      measured,
      "const wallMs = performance.now() - start, { user, system } = process.cpuUsage(usage)",
      "console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 }))",
    ];
    writeFileSync(join(project, file), `${lines.join(";\n")};\n`);
  }
  return project;
}

/** In each round every program starts once. */
function startAll<Name extends string>(
  project: string,
  programs: Readonly<Record<Name, Program>>,
  fd: number,
  rounds: number,
  env: NodeJS.ProcessEnv,
): Starts<Name> {
  const names = Object.keys(programs) as Name[];
  const starts = Object.fromEntries(names.map((name) => [name, [] as Start[]])) as Record<Name, Start[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names)) starts[name].push(start(join(project, programs[name].file), fd, env));
  }
  return starts;
}

function start(file: string, fd: number, env: NodeJS.ProcessEnv): Start {
  const { status, stdout } = spawnSync(process.execPath, [file], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit", fd],
  });
  if (status !== 0) throw new Error(`node ${file} failed`);
  return JSON.parse(stdout) as Start;
}
