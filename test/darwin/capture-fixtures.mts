// `npm run capture:darwin`, on a Mac: writes what it captures over the reconstructed fixtures.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { binding } from "../helpers/binding";
import { captureAll } from "./capture.mts";

if (process.platform !== "darwin") throw new Error("only a Mac can say what macOS answers");
const version = execFileSync("sw_vers", ["-productVersion"], { encoding: "utf8" }).trim();
const fixtures = await captureAll(binding, `macOS ${version}, ${process.arch}, Node ${process.version}`);
for (const fixture of fixtures) {
  const file = join(import.meta.dirname, "fixtures", `${fixture.scenario}.json`);
  writeFileSync(file, `${JSON.stringify(fixture, undefined, 2)}\n`);
  console.log(`captured ${file}`);
}
