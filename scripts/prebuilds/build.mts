// Builds one binary into prebuilds/, with prebuildify.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hasNodeHeaders, nodePrefix } from "../node-headers.mts";
import { isCommand, missingBuildTools, searchPath } from "./build-tools.mts";
import { aptPackage, hostName, type Target } from "./targets.mts";

const root = join(import.meta.dirname, "../..");

/** The reason why this machine can't build the target; `undefined` if it can. */
export function cannotBuild(target: Target): string | undefined {
  if (target.name === hostName) return missingBuildTools();
  if (target.platform !== process.platform)
    return `only ${target.platform === "darwin" ? "macOS" : "Linux"} can build it`;
  if (target.platform === "darwin") return undefined;
  const compiler = `${target.toolchain}-g++`;
  if (!isCommand(compiler)) return `${compiler} is missing: apt-get install ${aptPackage(target)}`;
  return lldFolder() ? undefined : "lld is missing: apt-get install lld-19";
}

/** Builds a target for which `cannotBuild()` returned `undefined`. */
export function buildTarget(target: Target): void {
  const isCross = target.name !== hostName && target.platform === "linux";
  buildFor(target.arch, isCross ? crossTools(target.toolchain) : {});
}

/** Builds for an architecture of this system, with the compiler that `tools` names, or the system's own. */
export function buildFor(arch: string, tools: NodeJS.ProcessEnv = {}): void {
  const env = { ...process.env, ...linker(), ...headers(), ...tools };
  // One binary for all versions, because every supported Node has N-API 8. --target only chooses the headers.
  const { status, stdout, stderr } = spawnSync(
    join(root, "node_modules/.bin/prebuildify"),
    ["--napi", "--strip", "--target", "20.19.0", `--arch=${arch}`],
    { cwd: root, env, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`prebuildify failed for ${arch}\n${stdout}${stderr}`);
  // The next build must not reuse a file of this one. Some loaders of native modules look in build/ first.
  rmSync(join(root, "build"), { recursive: true, force: true });
}

function crossTools(toolchain: string): NodeJS.ProcessEnv {
  return {
    CC: `${toolchain}-gcc`,
    CXX: `${toolchain}-g++`,
    PREBUILD_STRIP_BIN: `${toolchain}-strip`,
  };
}

/** Selects LLVM's linker, if installed. GNU ld adds 40 KiB of zeros to binaries for pages of 64 KiB (arm64, ppc64). */
function linker(): NodeJS.ProcessEnv {
  const folder = process.platform === "linux" && lldFolder();
  if (!folder) return {};
  return { LDFLAGS: [process.env["LDFLAGS"], "-fuse-ld=lld", `-B${folder}`].filter(Boolean).join(" ") };
}

/** Debian installs several versions side by side, and perhaps no command without a version in its name. */
function lldFolder(): string | undefined {
  const versions = existsSync("/usr/lib") ? readdirSync("/usr/lib").filter((name) => /^llvm-\d+$/.test(name)) : [];
  return [
    ...versions
      .toSorted((a, b) => Number(b.slice(5)) - Number(a.slice(5)))
      .map((version) => join("/usr/lib", version, "bin")),
    ...searchPath(),
  ].find((folder) => existsSync(join(folder, "ld.lld")));
}

function headers(): NodeJS.ProcessEnv {
  return hasNodeHeaders && !process.env["npm_config_nodedir"] ? { npm_config_nodedir: nodePrefix } : {};
}
