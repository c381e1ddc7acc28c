// Every installer adds the package from a registry, and installs it again on another machine from its lock file. It
// prints nothing about the package and builds nothing. Then the package works by import and by require.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { newMachine } from "../helpers/machine";
import { emptyProject } from "../helpers/project";
import { type Registry, startRegistry } from "../helpers/registry";
import { findNode, type Installer, installers } from "./installers";

/** What installers print about a package that has install scripts or needs a build. */
const COMPLAINT = /warn|error|deprecat|script|buil[dt]|gyp|blocked|ignored/i;

let registry: Registry;
beforeAll(async () => {
  registry = await startRegistry();
  await registry.publish(inject("tarball"));
});
afterAll(() => registry.close());

const everywhere = process.env["SOCKINFO_TEST_ALL"] === "1";

for (const installer of installers) {
  const node = findNode(installer.node);
  const canRun = node !== undefined && existsSync(installer.program);
  test(installer.name, { concurrent: true, skip: !canRun && !everywhere }, async () => {
    if (node === undefined) throw new Error(`needs Node ${installer.node?.join(".")}`);
    const project = emptyProject(installer.files(registry));
    await installAndUse(installer, node, project, installer.add);
    for (const installed of ["node_modules", ".pnp.cjs", ".pnp.loader.mjs", ".yarn"])
      rmSync(join(project, installed), { recursive: true, force: true });
    await installAndUse(installer, node, project, installer.frozen);
  });
}

async function installAndUse(installer: Installer, node: string, project: string, how: readonly string[]) {
  const machine = newMachine(node);
  const command = /\.[cm]?js$/.test(installer.program) ? [node, installer.program] : [installer.program];

  const { status, stdout, stderr } = await machine.run(project, [...command, ...how]);
  const said = `${stdout}\n${stderr}`;
  expect(status, said).toBe(0);
  expect(said.replaceAll(installer.alwaysSays ?? /$^/g, "")).not.toMatch(COMPLAINT);
  expect(machine.calledBuildTools()).toEqual([]);

  const start = installer.startNode === undefined ? [node] : [...command, ...installer.startNode];
  for (const script of ["by-import.mjs", "by-require.cjs"]) {
    const ending = await machine.run(project, [...start, script]);
    expect(ending).toMatchObject({ status: 0, stdout: "works", stderr: "" });
  }
}
