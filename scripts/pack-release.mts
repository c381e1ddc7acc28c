// Packs the tarball and the release notes that release.yml publishes, into release/. Fails if the sources do not
// match the tag, or if a binary is missing. Locally:
// GITHUB_REF_NAME=v1.2.3 GITHUB_REPOSITORY=owner/name npm run pack:release
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseNotes, releaseProblems } from "./release-checks.mts";

const root = join(import.meta.dirname, "..");
const folder = join(root, "release");

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly integrity: string;
}

function fail(problem: string): never {
  console.error(problem);
  process.exit(1);
}

const { GITHUB_REF_NAME: tag, GITHUB_REPOSITORY: repository } = process.env;
if (!tag || !repository) fail("GITHUB_REF_NAME and GITHUB_REPOSITORY must be set");

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
const problems = releaseProblems({ tag, repository, manifest, changelog });
if (problems.length > 0) fail(problems.join("\n"));

if (!existsSync(join(root, "dist/index.js"))) fail("dist/ is missing: npm run build:ts");

const work = mkdtempSync(join(tmpdir(), "sockinfo-release-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));

const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", work];
// npm 12 prints an object, earlier versions an array.
const packed = JSON.parse(execFileSync("npm", pack, { cwd: root, encoding: "utf8" })) as Record<string, Packed>;
const [{ filename, size, integrity }] = Object.values(packed) as [Packed];

// The gate checks the files of the tarball, not those of the checkout.
execFileSync("tar", ["-xzf", join(work, filename), "-C", work]);
const gate = ["run", "check:prebuilds", "--", "--require-all", "--folder", join(work, "package/prebuilds")];
const { status } = spawnSync("npm", gate, { cwd: root, stdio: "inherit" });
if (status !== 0) fail("a binary is missing or wrong");

mkdirSync(folder, { recursive: true });
copyFileSync(join(work, filename), join(folder, "sockinfo.tgz"));
writeFileSync(join(folder, "notes.md"), `${releaseNotes(changelog, manifest.version)}\n`);
console.log(`release/sockinfo.tgz: ${size} bytes, ${integrity}`);
