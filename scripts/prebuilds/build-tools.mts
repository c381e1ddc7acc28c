// The programs that node-gyp starts. Without one of them it prints a hundred lines, so they are looked for before.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, resolve } from "node:path";

/** Each package manager that we know, with the packages that have all of the programs. */
const INSTALL: readonly (readonly [manager: string, packages: string])[] = [
  ["apt-get install", "g++ make python3"],
  ["apk add", "build-base linux-headers python3"],
  ["dnf install", "gcc-c++ make python3"],
  ["pacman -S", "gcc make python"],
  ["zypper install", "gcc-c++ make python3"],
];

/** One line that says what is missing and how to get it; undefined where nothing is. */
export function missingBuildTools(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const isHere = (program: string | undefined) => program !== undefined && isCommand(program, env);
  // As make and node-gyp choose them.
  const compiler = (env["CXX"] ?? "g++").split(" ")[0];
  const pythons = [env["npm_config_python"], env["NODE_GYP_FORCE_PYTHON"], env["PYTHON"], "python3", "python"];
  const missing = [
    ...(hasCompiler(compiler, isHere) ? [] : ["a C++ compiler"]),
    ...(isHere(env["MAKE"] ?? "make") ? [] : ["make"]),
    ...(pythons.some(isHere) ? [] : ["python3"]),
  ];
  if (missing.length === 0) return undefined;
  return `sockinfo's native module can't be built here: ${missing.join(", ")} missing. ${howToInstall(isHere)}`;
}

/** macOS has a /usr/bin/g++ that only asks for the developer tools. */
function hasCompiler(compiler: string | undefined, isHere: (program: string | undefined) => boolean): boolean {
  return isHere(compiler) && (process.platform !== "darwin" || spawnSync("xcode-select", ["-p"]).status === 0);
}

function howToInstall(isHere: (program: string) => boolean): string {
  if (process.platform === "darwin") return "Install them: xcode-select --install";
  const known = INSTALL.find(([manager]) => isHere(manager.split(" ")[0] as string));
  const [manager, packages] = known ?? ["", "g++ make python3"];
  return known ? `Install them: ${manager} ${packages}` : `Install the packages that have them, as ${packages}`;
}

/** A name on the PATH, or a path. */
export function isCommand(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return searchPath(env).some((folder) => existsSync(resolve(folder, name)));
}

export function searchPath(env: NodeJS.ProcessEnv = process.env): string[] {
  return (env["PATH"] ?? "").split(delimiter);
}
