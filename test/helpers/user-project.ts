// A user's project, in which sockinfo is installed from its packed tarball.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./docs";
import { makeFolder } from "./temporary";

/** A new folder in `parent` with the packed package in its node_modules; removed when the process ends. */
export function makeUserProject(parent: string): string {
  mkdirSync(parent, { recursive: true });
  const project = makeFolder(join(parent, "project-"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", private: true }));
  // A list, or since npm 12 an object.
  const packed = JSON.parse(npm(root, "pack", "--json", "--ignore-scripts", "--pack-destination", project)) as object;
  const [{ filename }] = Object.values(packed) as [{ filename: string }];
  npm(project, "install", "--ignore-scripts", "--offline", join(project, filename));
  rmSync(join(project, filename));
  return project;
}

function npm(folder: string, ...parameters: string[]): string {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  return execFileSync("npm", [...parameters, ...quiet], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}
