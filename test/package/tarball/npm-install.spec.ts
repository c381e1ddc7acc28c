// `npm install` with the npm of this run prints nothing, builds nothing and downloads only the package. All other
// installers: ../installers/
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { newMachine } from "../helpers/machine";
import { emptyProject } from "../helpers/project";
import { npmrc, type Registry, startRegistry } from "../helpers/registry";

let registry: Registry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());

/** npm looks up which versions of an optional peer there are. It installs none. */
const OPTIONAL_PEERS = ["GET /@opentelemetry%2fapi"];

test("from the tarball, it downloads nothing and prints no warning", async () => {
  const machine = newMachine();
  const project = emptyProject({ ".npmrc": npmrc(registry) });
  // npm would warn of install scripts that it does not run.
  expect(await machine.runNpm(project, "install", inject("tarball"))).toMatchObject({ status: 0, stderr: "" });
  expect(await machine.runNpm(project, "ci")).toMatchObject({ status: 0, stderr: "" });
  expect(registry.requests).toEqual(OPTIONAL_PEERS);
  expect(machine.calledBuildTools()).toEqual([]);
  expect(await machine.runNode(project, "by-import.mjs")).toMatchObject({ status: 0, stdout: "works", stderr: "" });
});

test("from a registry, it downloads only the package and prints no warning", async () => {
  const machine = newMachine();
  const project = emptyProject({ ".npmrc": npmrc(registry) });
  await registry.publish(inject("tarball"));
  registry.requests.length = 0;
  const install = await machine.runNpm(project, "install", "sockinfo");
  expect(install).toMatchObject({ status: 0, stdout: expect.stringMatching(/^added 1 package in \S+$/), stderr: "" });
  const download = `GET ${new URL(registry.published().dist.tarball).pathname}`;
  expect(registry.requests).toEqual(["GET /sockinfo", ...OPTIONAL_PEERS, download]);
  expect(machine.calledBuildTools()).toEqual([]);
  expect(await machine.runNode(project, "by-require.cjs")).toMatchObject({ status: 0, stdout: "works", stderr: "" });
});
