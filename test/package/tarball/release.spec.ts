// scripts/check-published.mts, against a local registry to which npm has published.
import { copyFileSync, appendFileSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { newMachine } from "../helpers/machine";
import { type Registry, startRegistry } from "../helpers/registry";

const root = join(import.meta.dirname, "../../..");
let registry: Registry;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(() => registry.close());

function check(tarball: string) {
  const script = [
    "--import",
    join(root, "node_modules/tsx/dist/loader.mjs"),
    join(root, "scripts/check-published.mts"),
  ];
  const env = [`npm_config_registry=${registry.url}`, "SOCKINFO_RETRY_MS=1"];
  return newMachine().run(root, ["env", ...env, "node", ...script, tarball]);
}

test("a version that npm does not have is refused", async () => {
  const { status, stderr } = await check(inject("tarball"));
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("published by hand") });
});

test("the tarball of this run is accepted, whoever published it", async () => {
  await registry.publish(inject("tarball"));
  expect(await check(inject("tarball"))).toMatchObject({ status: 0, stderr: "" });
});

test("another file of the same version is refused", async () => {
  const other = join(mkdtempSync(join(inject("work"), "other-")), "sockinfo.tgz");
  copyFileSync(inject("tarball"), other);
  appendFileSync(other, "\0");
  const { status, stderr } = await check(other);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("npm has another sockinfo") });
});
