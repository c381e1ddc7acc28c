// What .ci/test-windows runs on Windows, here in a process that says that it is one.
import { expect, test } from "vitest";
import { newMachine } from "../helpers/machine";
import { projectWithTarball } from "../helpers/project";

const AS_WINDOWS = 'data:text/javascript,Object.defineProperty(process, "platform", { value: "win32" })';

test("importing does no harm, and every call says that Windows is not supported", async () => {
  const project = await projectWithTarball();
  const ending = await newMachine().runNode(project, "--import", AS_WINDOWS, "on-windows.mjs");
  expect(ending).toMatchObject({ status: 0, stdout: "works", stderr: "" });
});

test("that is not said of a system that is supported", async () => {
  const project = await projectWithTarball();
  expect(await newMachine().runNode(project, "on-windows.mjs")).toMatchObject({ status: 1 });
});
