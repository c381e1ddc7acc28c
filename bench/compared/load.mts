// Loads what sockinfo is compared with, building it first where there is no binary. What can't be had is said in the
// report and left out.
import { createRequire } from "node:module";
import { join } from "node:path";
import { PROJECT, buildNative, installPackages } from "./build.mts";

/** Why something is missing from the report. */
export interface Missing {
  readonly missing: string;
}

export function isMissing(value: object): value is Missing {
  return "missing" in value;
}

const requireFromProject = createRequire(join(PROJECT, "package.json"));

/** A package of package.json beside this file. */
export function loadPackage<T extends object>(name: string): T | Missing {
  try {
    installPackages();
    return loadOrBuild(name, join(PROJECT, "node_modules", name));
  } catch (error) {
    return { missing: `${name} is not in this report: ${(error as Error).message}` };
  }
}

function loadOrBuild<T>(name: string, folder: string): T {
  try {
    return requireFromProject(name) as T;
  } catch {
    // No binary, or one for another system or another Node.
    buildNative(folder);
    return requireFromProject(name) as T;
  }
}
