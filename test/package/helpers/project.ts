// A user's project with the files of ../users/, either empty or with the tarball installed.
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject } from "vitest";
import { newMachine } from "./machine";

/** Makes a project with `files` and returns its folder. */
export function emptyProject(files: Record<string, string>): string {
  const folder = join(mkdtempSync(join(inject("work"), "project-")), "project");
  mkdirSync(folder);
  cpSync(join(import.meta.dirname, "..", "users"), folder, { recursive: true });
  const manifest = JSON.stringify({ name: "app", version: "1.0.0", private: true, license: "MIT", type: "module" });
  for (const [file, text] of Object.entries({ "package.json": manifest, ...files }))
    writeFileSync(join(folder, file), text);
  return folder;
}

/** npm installs the tarball without a registry. */
export async function projectWithTarball(): Promise<string> {
  const settings = ["registry=http://127.0.0.1:9/", "audit=false", "update-notifier=false", "fetch-retries=0", ""];
  const folder = emptyProject({ ".npmrc": settings.join("\n") });
  const { status, stderr } = await newMachine().runNpm(folder, "install", inject("tarball"));
  expect(status, stderr).toBe(0);
  return folder;
}
