// .ci/image and .ci/renew-images, with a stand-in for Docker.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";

const OLD = `sha256:${"0".repeat(64)}`;
const NEW = `sha256:${"1".repeat(64)}`;

function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-images-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, ".github/workflows"), { recursive: true });
  cpSync(join(root, ".ci"), join(folder, ".ci"), { recursive: true });
  const images = ["node:20-alpine", "node:20-bookworm", "node:20-bookworm-slim"].map((name) => `${name}@${OLD}\n`);
  writeFileSync(join(folder, ".ci/images"), `# A comment.\n${images.join("")}`);
  writeFileSync(join(folder, ".github/workflows/ci.yml"), `container: node:20-bookworm@${OLD}\n`);
  return folder;
}

function run(folder: string, script: string, ...parameters: string[]) {
  const env = { PATH: `${folder}:${process.env["PATH"]}` };
  return spawnSync("sh", [join(folder, ".ci", script), ...parameters], { env, encoding: "utf8" });
}

/** A program `docker` that prints this for every image. */
function docker(folder: string, says: string): void {
  writeFileSync(join(folder, "docker"), `#!/bin/sh\necho '${says}'\n`);
  chmodSync(join(folder, "docker"), 0o755);
}

test("an image is printed with its digest; an unknown one is an error", () => {
  const folder = checkout();
  expect(run(folder, "image", "20", "bookworm").stdout).toBe(`node:20-bookworm@${OLD}\n`);
  expect(run(folder, "image", "20", "trixie")).toMatchObject({ status: 1, stdout: "" });
});

test("new digests get into the list and the workflows", () => {
  const folder = checkout();
  docker(folder, NEW);
  expect(run(folder, "renew-images")).toMatchObject({ status: 0, stderr: "" });
  expect(readFileSync(join(folder, ".ci/images"), "utf8")).toBe(
    `# A comment.\nnode:20-alpine@${NEW}\nnode:20-bookworm@${NEW}\nnode:20-bookworm-slim@${NEW}\n`,
  );
  expect(readFileSync(join(folder, ".github/workflows/ci.yml"), "utf8")).toBe(`container: node:20-bookworm@${NEW}\n`);
});

test("a reply that is not a digest is not written", () => {
  const folder = checkout();
  docker(folder, "not found");
  expect(run(folder, "renew-images")).toMatchObject({ status: 1, stderr: expect.stringContaining("has no digest") });
  expect(readFileSync(join(folder, ".ci/images"), "utf8")).not.toContain("not found");
});
