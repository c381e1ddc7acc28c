// The package works in any folder.
import { chmodSync, readdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { newMachine } from "../helpers/machine";
import { projectWithTarball } from "../helpers/project";

const machine = newMachine();

test.each(["with spaces and 'quotes'", "日本語-ünïcödé-🔌", "100%25 #1 ?"])("in a folder named %s", async (name) => {
  const installed = await projectWithTarball();
  // The package is installed elsewhere and moved, because npm 10.8 reads # and ? in a path as in a URL.
  const project = join(dirname(installed), name);
  renameSync(installed, project);
  for (const script of ["by-import.mjs", "by-require.cjs"])
    expect(await machine.runNode(project, script)).toMatchObject({ status: 0, stdout: "works", stderr: "" });
});

test("in a folder that is not writable", async () => {
  const project = await projectWithTarball();
  const forbidden = readdirSync(project, { recursive: true, encoding: "utf8" });
  const setModes = (mode: number) => forbidden.forEach((file) => chmodSync(join(project, file), mode));
  setModes(0o555);
  onTestFinished(() => setModes(0o755)); // Otherwise only root could remove the folder.

  // Root may write everywhere, so root starts the script as user "nobody". That user may not enter a folder of
  // mkdtemp().
  const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
  for (const folder of [inject("work"), dirname(project)]) chmodSync(folder, 0o755);
  const ending = await machine.run(project, [process.execPath, "cannot-write.cjs"], user);
  expect(ending).toMatchObject({ status: 0, stdout: "works", stderr: "" });
});
