// `npm run capture:darwin`, on a Mac: replaces the reconstructed fixtures by captured ones. Fails at the end if a
// captured answer contradicts the known facts.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { binding } from "../helpers/binding";
import { captureAll } from "./capture.mts";
import type { Fixture } from "./fixture.mts";

if (process.platform !== "darwin") throw new Error("npm run capture:darwin needs a Mac");
const version = execFileSync("sw_vers", ["-productVersion"], { encoding: "utf8" }).trim();
const problems = await captureAll(binding, `macOS ${version}, ${process.arch}, Node ${process.version}`, write);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

function write(fixture: Fixture): void {
  const file = join(import.meta.dirname, "fixtures", `${fixture.scenario}.json`);
  writeFileSync(file, `${JSON.stringify(fixture, undefined, 2)}\n`);
  console.log(`captured ${file}`);
}
