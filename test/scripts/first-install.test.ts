// What `npm ci` prints to a contributor: no warning about the version of Node, and one line if tools for the build are
// missing.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";

test("npm ci does not warn of this version of Node", () => {
  const folder = temporary();
  for (const name of ["package.json", "package-lock.json"])
    writeFileSync(join(folder, name), readFileSync(join(root, name)));
  const command = ["ci", "--dry-run", "--offline", "--no-audit", "--ignore-scripts"];
  const { status, stderr } = spawnSync("npm", command, { cwd: folder, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining("EBADENGINE") });
});

describe("without what node-gyp needs", () => {
  test("npm run build, as `npm ci` runs it: one line", () => {
    expectOneLine(run("npm", ["run", "--silent", "build"], [], ["apt-get"]), "a C\\+\\+ compiler, make, python3");
  });

  test.each([
    ["a compiler", ["make", "python3"], "a C\\+\\+ compiler"],
    ["make", ["g++", "python3"], "make"],
    ["python3", ["g++", "make"], "python3"],
  ])("%s: one line", (_name, tools, missing) => {
    expectOneLine(run("node", BUILD_NATIVE, tools, ["apt-get"]), missing);
  });

  test.skipIf(lacks("linux"))("without a known package manager: general advice", () => {
    expect(run("node", BUILD_NATIVE, []).stderr).toContain("Install the packages with these programs");
  });
});

/** The part of `npm run build` that checks the tools. */
const BUILD_NATIVE = [
  "--import",
  pathToFileURL(join(root, "node_modules/tsx/dist/loader.mjs")).href,
  "scripts/build-native.mts",
];

function expectOneLine({ status, stdout, stderr }: ReturnType<typeof run>, missing: string): void {
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  const line = `^sockinfo's native module can't be built here: ${missing} missing\\. Install them: `;
  expect(stderr).toMatch(new RegExp(line));
  expect(stderr.trim().split("\n")).toHaveLength(1);
}

/** Runs a command with only Node and these programs on the PATH. */
function run(
  command: "node" | "npm",
  parameters: string[],
  programs: readonly string[],
  empty: readonly string[] = [],
) {
  const bin = temporary();
  for (const program of ["node", "npm", "sh", "env", "xcode-select", ...programs])
    symlinkSync(pathOf(program), join(bin, program));
  for (const program of empty) writeFileSync(join(bin, program), "");
  const env = { HOME: process.env["HOME"], PATH: bin };
  return spawnSync(join(bin, command), parameters, { cwd: root, env, encoding: "utf8" });
}

function pathOf(program: string): string {
  if (program === "node") return process.execPath;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const path = folders.map((folder) => join(folder, program)).find(isHere) ?? join("/usr/bin", program);
  return path;
}

function isHere(path: string): boolean {
  return spawnSync("test", ["-x", path]).status === 0;
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-first-install-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
