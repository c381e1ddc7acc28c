// Finds out which of the programs that node-gyp starts are missing. node-gyp itself would print a hundred lines.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, resolve } from "node:path";

/** The packages with these programs, by the command of the package manager. */
const INSTALL: readonly (readonly [manager: string, packages: string])[] = [
  ["apt-get install", "g++ make python3"],
  ["apk add", "build-base linux-headers python3"],
  ["dnf install", "gcc-c++ make python3"],
  ["pacman -S", "gcc make python"],
  ["zypper install", "gcc-c++ make python3"],
];

/** One line that names what is missing and how to install it; `undefined` if nothing is missing. */
export function missingBuildTools(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const isInstalled = (program: string | undefined) => program !== undefined && isCommand(program, env);
  // make and node-gyp look for them in this order.
  const compiler = (env["CXX"] ?? "g++").split(" ")[0];
  const pythons = [env["npm_config_python"], env["NODE_GYP_FORCE_PYTHON"], env["PYTHON"], "python3", "python"];
  const missing = [
    ...(hasCompiler(compiler, isInstalled) ? [] : ["a C++ compiler"]),
    ...(isInstalled(env["MAKE"] ?? "make") ? [] : ["make"]),
    ...(pythons.some(isInstalled) ? [] : ["python3"]),
  ];
  if (missing.length === 0) return undefined;
  return `sockinfo's native module can't be built here: ${missing.join(", ")} missing. ${howToInstall(isInstalled)}`;
}

/** On macOS, /usr/bin/g++ may exist and do nothing but offer the developer tools. */
function hasCompiler(compiler: string | undefined, isInstalled: (program: string | undefined) => boolean): boolean {
  return isInstalled(compiler) && (process.platform !== "darwin" || spawnSync("xcode-select", ["-p"]).status === 0);
}

function howToInstall(isInstalled: (program: string) => boolean): string {
  if (process.platform === "darwin") return "Install them: xcode-select --install";
  const known = INSTALL.find(([manager]) => isInstalled(manager.split(" ")[0] as string));
  const [manager, packages] = known ?? ["", "g++ make python3"];
  return known ? `Install them: ${manager} ${packages}` : `Install the packages with these programs, for example ${packages}`;
}

/** `name` is a command on the PATH, or a path. */
export function isCommand(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return searchPath(env).some((folder) => existsSync(resolve(folder, name)));
}

export function searchPath(env: NodeJS.ProcessEnv = process.env): string[] {
  return (env["PATH"] ?? "").split(delimiter);
}
