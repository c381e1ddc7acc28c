// Loads the packages that sockinfo is compared with, and builds those that have no usable binary. The report names
// those that could not be loaded.
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

/** Loads a package of this folder's package.json. */
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
    // There is no binary, or one for another system or another Node.
    buildNative(folder);
    return requireFromProject(name) as T;
  }
}
