// The program of the package, as npx and npm exec start it: from a project that has it, and from the tarball alone.
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, inject, test } from "vitest";
import { newMachine } from "../helpers/machine";
import { emptyProject, projectWithTarball } from "../helpers/project";

const machine = newMachine();
const VERSION = { status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string, stderr: "" };

let project: string;
beforeAll(async () => {
  project = await projectWithTarball();
});

test("npm exec", async () => {
  expect(await machine.runNpm(project, "exec", "--offline", "--", "sockinfo", "--version")).toMatchObject(VERSION);
});

test("npm exec passes exit codes and errors on", async () => {
  const { status, stderr } = await machine.runNpm(project, "exec", "--offline", "--", "sockinfo", "listner");
  expect(status).toBe(2);
  expect(stderr).toMatch(/^sockinfo: Unknown command "listner"\. Did you mean "listeners"\?\n/);
});

test("npm exec with the tarball, in a folder without the package", async () => {
  // Without a registry, and without a word about newer versions of npm.
  const folder = emptyProject({ ".npmrc": "registry=http://127.0.0.1:9/\nupdate-notifier=false\n" });
  const from = `--package=${inject("tarball")}`;
  expect(await machine.runNpm(folder, "exec", "--offline", "--yes", from, "--", "sockinfo", "--version")).toMatchObject(
    VERSION,
  );
  expect(readdirSync(folder)).not.toContain("node_modules");
  expect(machine.calledBuildTools()).toEqual([]);
});

test("the link in node_modules/.bin", async () => {
  expect(await machine.run(project, [join("node_modules", ".bin", "sockinfo"), "--version"])).toMatchObject(VERSION);
});

test("the native module is found from there", async () => {
  const { status, stdout } = await machine.run(project, [join("node_modules", ".bin", "sockinfo"), "doctor", "--json"]);
  expect(status).toBe(0);
  const { findings } = JSON.parse(stdout) as { findings: readonly object[] };
  expect(findings[0]).toMatchObject({ name: "native module", works: "yes" });
});

test("a file without the executable bit runs by Node", async () => {
  const file = join(project, "node_modules/sockinfo/dist/cli/sockinfo.js");
  chmodSync(file, 0o644);
  expect(await machine.runNode(project, file, "--version")).toMatchObject(VERSION);
  chmodSync(file, 0o755);
});
