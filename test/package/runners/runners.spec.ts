// The package under users' test runners. There are three files, because some runners load the package again for each
// file, in one process: Jest in a new context, Vitest in a thread.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { newMachine } from "../helpers/machine";
import { projectWithTarball } from "../helpers/project";

const machine = newMachine();
const tools = join(import.meta.dirname, "node_modules");
const jest = join(tools, "jest/bin/jest.js");
const mocha = join(tools, "mocha/bin/mocha.js");
const vitest = join(import.meta.dirname, "../../../node_modules/vitest/vitest.mjs");

let project: string;
beforeAll(async () => {
  project = await projectWithTarball();
  for (const number of [1, 2, 3])
    for (const kind of ["cjs", "mjs"])
      copyFileSync(join(project, `runner.test.${kind}`), join(project, `${number}.test.${kind}`));
});

const files = (kind: string) => [1, 2, 3].map((number) => `${number}.test.${kind}`);
const both = [...files("cjs"), ...files("mjs")];
const jestOptions = ["--runInBand", "--no-cache"];
const vitestOptions = ["run", "--globals", "--maxWorkers=1", ...files("mjs")];

/** Each file has five tests. The last lines of the runner's output have the number of tests. */
const runners: [name: string, command: string[], passed: RegExp][] = [
  ["Jest", [jest, ...jestOptions, ...files("cjs")], /Tests: +18 passed, 18 total/],
  [
    "Jest with ES modules",
    ["--experimental-vm-modules", jest, ...jestOptions, ...files("mjs")],
    /Tests: +18 passed, 18 total/,
  ],
  ["Vitest in processes", [vitest, ...vitestOptions, "--pool=forks"], /Tests +18 passed \(18\)/],
  ["Vitest in threads", [vitest, ...vitestOptions, "--pool=threads"], /Tests +18 passed \(18\)/],
  ["node:test", ["--test", "--test-reporter=tap", ...both], /# pass 36\n# fail 0/],
  ["Mocha", [mocha, ...both], /36 passing/],
];

test.each(runners)("%s", async (_, command, passed) => {
  const { status, signal, stdout, stderr } = await machine.runNode(project, ...command);
  expect({ status, signal }, stdout + stderr).toEqual({ status: 0, signal: null });
  expect(stdout + stderr).toMatch(passed);
});
