// Run after publishing: checks that npm has the tarball of this run, byte for byte, whether the run or a maintainer
// published it. Needs no installed package: node scripts/check-published.mts release/sockinfo.tgz
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readPackument } from "./registry.mts";

/** A new version may appear in the registry after a delay. */
const ATTEMPTS = 10;
const { SOCKINFO_RETRY_MS: retryMs = "15000" } = process.env;

const [tarball] = process.argv.slice(2);
if (tarball === undefined)
  throw new Error("The path of the tarball is missing: node scripts/check-published.mts release/sockinfo.tgz");
const { name, version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
const ours = `sha512-${createHash("sha512").update(readFileSync(tarball)).digest("base64")}`;

const published = await findIntegrity();
if (published === ours) {
  console.log(`npm has ${name} ${version}, ${ours}`);
} else if (published === undefined) {
  console.error(
    `npm does not have ${name} ${version}. The log of the step "npm publish" has the reason.\n` +
      'The first version of a package is published by hand, from the artifact "release" of this run. ' +
      "See CONTRIBUTING.md, then re-run this job.",
  );
  process.exitCode = 1;
} else {
  console.error(`npm has another ${name} ${version}: ${published}, not ${ours}. Release a new version.`);
  process.exitCode = 1;
}

async function findIntegrity(): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    const packument = await readPackument(name);
    const integrity = packument?.versions[version]?.dist.integrity;
    if (integrity !== undefined || attempt === ATTEMPTS) return integrity;
    await sleep(Number(retryMs));
  }
}
