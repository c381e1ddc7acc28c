// The first job of release.yml, run as there, in real clones of a repository and against a registry of one package.
// release-checks.test.ts tests each reason to refuse a release.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Packument } from "../../scripts/release-checks.mts";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";

const url = "git+https://github.com/Owner/sockinfo.git";
const npmHas = (latest: string): Packument => ({
  repository: { url },
  "dist-tags": { latest },
  versions: { [latest]: { dist: { integrity: "sha512-of-that" } } },
});

interface Situation {
  readonly version?: string;
  readonly packument?: Packument;
  /** GITHUB_RUN_ATTEMPT. */
  readonly attempt?: string;
  /** Where the tag is: on main, on a branch, or on an older commit of main. */
  readonly tagged?: "main" | "branch" | "before main";
}

async function check(situation: Situation): Promise<{ status: number; said: string }> {
  const { version = "1.2.3", attempt = "1", tagged = "main" } = situation;
  const clone = repositoryOf(version, tagged);
  const registry = createServer((_request, response) => {
    response.statusCode = situation.packument === undefined ? 404 : 200;
    response.end(JSON.stringify(situation.packument ?? {}));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void registry.close());
  await once(registry, "listening");
  const tsx = pathToFileURL(join(root, "node_modules/tsx/dist/loader.mjs")).href;
  const child = spawn(process.execPath, ["--import", tsx, "scripts/check-release.mts"], {
    cwd: clone,
    env: {
      ...process.env,
      GITHUB_REF_NAME: "v1.2.3",
      GITHUB_REPOSITORY: "Owner/sockinfo",
      GITHUB_RUN_ATTEMPT: attempt,
      npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`,
    },
  });
  const ended = once(child, "close") as Promise<[number]>;
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, said: stdout + stderr };
}

/** A clone with the tag checked out, as on a runner. */
function repositoryOf(version: string, tagged: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-release-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [origin, clone] = [join(folder, "origin"), join(folder, "clone")];
  mkdirSync(origin);
  const author = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
  const git = (cwd: string, ...parameters: string[]) =>
    execFileSync("git", [...author, ...parameters], { cwd, stdio: "pipe" });
  const commit = () => git(origin, "commit", "--quiet", "--allow-empty", "--message", "A change");
  git(origin, "init", "--quiet", "--initial-branch", "main");
  cpSync(join(root, "scripts"), join(origin, "scripts"), { recursive: true });
  writeFileSync(join(origin, "package.json"), JSON.stringify({ name: "sockinfo", version, repository: { url } }));
  writeFileSync(join(origin, "CHANGELOG.md"), `# Changelog\n\n## ${version} - 2026-11-29\n\n- A thing.\n`);
  git(origin, "add", ".");
  commit();
  if (tagged === "branch") {
    git(origin, "checkout", "--quiet", "-b", "branch");
    commit();
  }
  git(origin, "tag", "v1.2.3");
  if (tagged === "before main") commit();
  git(folder, "clone", "--quiet", origin, clone);
  git(clone, "checkout", "--quiet", "v1.2.3");
  return clone;
}

describe.skipIf(lacks("git"))("a tag", () => {
  test.each<[string, Situation, string]>([
    ["on main", { packument: npmHas("1.2.2") }, "v1.2.3 can be released"],
    ["on an older commit of main", { packument: npmHas("1.2.2"), tagged: "before main" }, "can be released"],
    ["of a package that npm does not have", {}, "its first version is published by hand"],
    [
      "whose version an earlier attempt of the run published",
      { packument: npmHas("1.2.3"), attempt: "2" },
      "can be released",
    ],
  ])("%s is accepted", async (_name, situation, says) => {
    expect(await check(situation)).toEqual({ status: 0, said: expect.stringContaining(says) });
  });

  test.each<[string, Situation, string]>([
    ["on another branch", { tagged: "branch" }, "the commit is not on main"],
    ["of a version that npm has", { packument: npmHas("1.2.3") }, "npm has version 1.2.3 already"],
    ["of another version than package.json's", { version: "1.2.4" }, "package.json's version is 1.2.4"],
  ])("%s is refused", async (_name, situation, says) => {
    expect(await check(situation)).toEqual({ status: 1, said: expect.stringContaining(says) });
  });
});
