// The first job of release.yml: finds in a minute what would make the release fail hours later. Needs no installed
// package. Locally:
// GITHUB_REF_NAME=v1.2.3 GITHUB_REPOSITORY=owner/name node scripts/check-release.mts
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readPackument } from "./registry.mts";
import { registryProblems, releaseProblems } from "./release-checks.mts";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

const {
  GITHUB_REF_NAME: tag = "",
  GITHUB_REPOSITORY: repository = "",
  GITHUB_RUN_ATTEMPT: attempt = "1",
} = process.env;
const manifest = JSON.parse(read("package.json"));
const release = { tag, repository, manifest, changelog: read("CHANGELOG.md") };
const packument = await readPackument(manifest.name);

const problems = [
  ...releaseProblems(release),
  ...branchProblems(),
  ...registryProblems(release, packument, Number(attempt) > 1),
];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else if (packument === undefined)
  console.log("npm does not have the package: its first version is published by hand, see CONTRIBUTING.md");
else console.log(`${tag} can be released`);

/** Only commits on main were reviewed. */
function branchProblems(): string[] {
  const { status, stderr } = spawnSync("git", ["merge-base", "--is-ancestor", "HEAD", "origin/main"], {
    cwd: root,
    encoding: "utf8",
  });
  return status === 0 ? [] : [`the commit is not on main${stderr && `: ${stderr.trim()}`}`];
}
