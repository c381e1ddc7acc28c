// The script that .ci/test-windows runs on Windows, in a process whose process.platform is "win32".
import { expect, test } from "vitest";
import { newMachine } from "../helpers/machine";
import { projectWithTarball } from "../helpers/project";

const AS_WINDOWS = 'data:text/javascript,Object.defineProperty(process, "platform", { value: "win32" })';

test("importing works, and every call throws that Windows is not supported", async () => {
  const project = await projectWithTarball();
  const ending = await newMachine().runNode(project, "--import", AS_WINDOWS, "on-windows.mjs");
  expect(ending).toMatchObject({ status: 0, stdout: "works", stderr: "" });
});

test("the script fails on a supported system", async () => {
  const project = await projectWithTarball();
  expect(await newMachine().runNode(project, "on-windows.mjs")).toMatchObject({ status: 1 });
});
