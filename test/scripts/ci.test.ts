// Each suite runs on each change, before a release, and in .ci/run or .ci/run-long.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../helpers/docs";

const read = (file: string) => readFileSync(join(root, file), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
const suites = Object.keys(scripts).filter((name) => /^(test|lint|typecheck)(:|$)/.test(name));

/** The scripts that a file runs: by `npm test`, by `npm run`, or as a row of a workflow's matrix. */
const scriptsIn = (...files: string[]) => {
  const text = files.map((file) => read(file).replaceAll(/^ *#.*$/gm, "")).join("\n");
  const commands = [...text.matchAll(/\bnpm (?:run (?:--silent )?)?([\w:]+)/g)].map(([, name]) => name as string);
  const rows = [...text.matchAll(/^ +- ([\w:]+)$/gm)].map(([, name]) => name as string);
  return new Set([...commands, ...rows]);
};

/** `lint` runs three of them, and `test:all` runs .ci/run and .ci/run-long. */
const PARTS = ["lint:ts", "lint:format", "lint:cpp", "test:all"];
const wanted = suites.filter((name) => !PARTS.includes(name));

test("there are suites", () => expect(wanted.length).toBeGreaterThan(15));

test.each(wanted)("%s is a job of ci.yml", (name) => {
  expect(scriptsIn(".github/workflows/ci.yml")).toContain(name);
});

test.each(wanted)("%s is in .ci/run or .ci/run-long", (name) => {
  expect(scriptsIn(".ci/run", ".ci/run-long")).toContain(name);
});

const shortened = [...read(".ci/run").matchAll(/^.*\bnpm run --silent (test:\w+) -- /gm)].map(([, name]) => name);

test.each(shortened)("%s, of which .ci/run has a short form, is in .ci/run-long in full", (name) => {
  expect(read(".ci/run-long").split("\n")).toContain(`npm run --silent ${name}`);
});

test("a release waits for all of ci.yml", () => {
  expect(read(".github/workflows/release.yml")).toMatch(/^ {2}publish:\n {4}needs: \[ci, /m);
  expect(read(".github/workflows/release.yml")).toContain("uses: ./.github/workflows/ci.yml");
});
