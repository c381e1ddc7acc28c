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

const EMPTY = ["-e", "0"];
const REQUIRE = ["-e", 'require("sockinfo").getTcpInfo(3)'];
const EMPTY_MODULE = ["--input-type=module", "-e", "0"];
const IMPORT = ["--input-type=module", "-e", 'import { getTcpInfo } from "sockinfo"; getTcpInfo(3);'];
const INSIDE = ["-e", `const t = ${CLOCK}; ${REQUIRE[1]}; console.log(Number(${CLOCK} - t) / 1e6)`];

export function coldStart({ coldStarts }: Effort): Promise<Section> {
  return withLiveRequest(async ({ socket }) => {
    const fd = fdOfSocket(socket);
    const required: number[] = [];
    const imported: number[] = [];
    const inside: number[] = [];
    for (let i = 0; i < coldStarts; i++) {
      required.push(-start(EMPTY, fd).ms + start(REQUIRE, fd).ms);
      imported.push(-start(EMPTY_MODULE, fd).ms + start(IMPORT, fd).ms);
      inside.push(Number(start(INSIDE, fd).output));
    }
    return {
      title: "Cold start: load sockinfo and call getTcpInfo once",
      rows: [
        row("require, longer than an empty process", required, LIMIT_MS),
        row("import, longer than an empty module", imported, LIMIT_MS),
        row("require, by the clock inside the process", inside, LIMIT_MS),
      ],
      notes: [`Cold start: median of ${coldStarts} pairs of child processes, p10–p90 in the column of the ratio.`],
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

function row(what: string, samples: readonly number[], limitMs: number): Row {
  const { p10, median, p90 } = spread(samples);
  return {
    what,
    time: `${median.toFixed(1)} ms`,
    ratio: `(${p10.toFixed(1)}–${p90.toFixed(1)} ms)`,
    to: "",
    limit: `≤ ${limitMs} ms`,
    reached: median <= limitMs,
  };
}
