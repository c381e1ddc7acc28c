// A process has one copy of the package, whether it is loaded by import or require. Two versions do not disturb each
// other.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { newMachine } from "../helpers/machine";
import { projectWithTarball } from "../helpers/project";

const machine = newMachine();
let project: string;
beforeAll(async () => {
  project = await projectWithTarball();
});

test("works by import", async () => {
  expect(await machine.runNode(project, "by-import.mjs")).toMatchObject({ status: 0, stdout: "works", stderr: "" });
});

test("works by require", async () => {
  expect(await machine.runNode(project, "by-require.cjs")).toMatchObject({ status: 0, stdout: "works", stderr: "" });
});

test("import and require reach one instance", async () => {
  expect(await machine.runNode(project, "both.mjs")).toMatchObject({ status: 0, stdout: "one instance", stderr: "" });
});

test("two versions work in one process, also in workers", async () => {
  copyPackage("first", "0.0.1");
  copyPackage("second", "0.0.2");
  const ending = await machine.runNode(project, "two-versions.mjs");
  expect(ending).toEqual({ status: 0, signal: null, stdout: "both work\nboth work", stderr: "" });
});

/** Copies the package to where npm puts the version that only one dependency needs. */
function copyPackage(dependency: string, version: string): void {
  const folder = join(project, dependency, "node_modules/sockinfo");
  cpSync(join(project, "node_modules/sockinfo"), folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, version }));
}
