// What loading sockinfo and the first call add to the start of a process: fresh child processes, which are given a
// connected socket as descriptor 3.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fdOfSocket } from "../connections/unix-server.mts";
import { withLiveRequest } from "../connections/live-request.mts";
import type { Effort } from "../measure/effort.mts";
import { spread } from "../measure/statistics.mts";
import type { Row, Section } from "../report/section.mts";

const ROOT = join(import.meta.dirname, "../..");
const LIMIT_MS = 5;
const CLOCK = "process.hrtime.bigint()";

const CALL = "getTcpInfo(3)";
const MODULE = ["--input-type=module", "-e"];

/** What a process does without sockinfo, and with it. */
const PAIRS = [
  {
    what: "import, in a process that has node:http",
    without: [...MODULE, 'import "node:http";'],
    with: [...MODULE, `import "node:http"; import { getTcpInfo } from "sockinfo"; ${CALL};`],
  },
  {
    what: "require, in a process that has node:http",
    without: ["-e", 'require("node:http")'],
    with: ["-e", `require("node:http"); require("sockinfo").${CALL}`],
  },
  {
    what: "import, in an empty process: it loads node:net, too",
    without: [...MODULE, "0"],
    with: [...MODULE, `import { getTcpInfo } from "sockinfo"; ${CALL};`],
  },
];
const INSIDE = [
  "-e",
  `require("node:http"); const t = ${CLOCK}; require("sockinfo").${CALL}; console.log(Number(${CLOCK} - t) / 1e6)`,
];

export function coldStart({ coldStarts }: Effort): Promise<Section> {
  return withLiveRequest(async ({ socket }) => {
    const fd = fdOfSocket(socket);
    const longer = PAIRS.map((): number[] => []);
    const inside: number[] = [];
    for (let i = 0; i < coldStarts; i++) {
      for (const [at, pair] of PAIRS.entries()) longer[at]?.push(-start(pair.without, fd).ms + start(pair.with, fd).ms);
      inside.push(Number(start(INSIDE, fd).output));
    }
    return {
      title: "Cold start: load sockinfo and call getTcpInfo once",
      rows: [
        ...PAIRS.map(({ what }, at) => row(what, longer[at] as number[])),
        row("require, by the clock inside a process that has node:http", inside),
      ],
      notes: [
        `Cold start: how much longer the process took; median of ${coldStarts} pairs of child processes, p10–p90 in the column of the ratio.`,
      ],
    };
  });
}

function start(parameters: string[], fd: number): { ms: number; output: string } {
  const begin = performance.now();
  const { status, stdout } = spawnSync(process.execPath, parameters, {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit", fd],
  });
  if (status !== 0) throw new Error(`node ${parameters.join(" ")} failed`);
  return { ms: performance.now() - begin, output: stdout };
}

function row(what: string, samples: readonly number[]): Row {
  const { p10, median, p90 } = spread(samples);
  return {
    what,
    time: `${median.toFixed(1)} ms`,
    ratio: `(${p10.toFixed(1)}–${p90.toFixed(1)} ms)`,
    to: "",
    limit: `≤ ${LIMIT_MS} ms`,
    reached: median <= LIMIT_MS,
  };
}
