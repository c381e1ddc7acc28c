// Builds the macOS binaries with node-gyp and binding.gyp as on a Mac, and the addon that runs them on Linux.
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, NODES, type Architecture, type DarwinSdk } from "./sdk.mts";
import { run } from "./tools.mts";

const root = join(import.meta.dirname, "..", "..");

export const bundleOf = (architecture: Architecture): string =>
  join(cache, architecture, "build", "Release", "sockinfo.node");

/** The addon for Linux that loads the bundle for x64. */
export const fakeMacAddon: string = join(cache, "fake_mac.node");

/**
 * The makefile is the same as on a Mac: node-gyp reads sources, flags and deployment target from binding.gyp. Only
 * the compiler differs. It has one more warning, about functions that the oldest macOS lacks.
 */
export function buildBundle({ sysroot }: DarwinSdk, architecture: Architecture): void {
  const folder = join(cache, architecture);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "bin"), { recursive: true });
  for (const name of ["binding.gyp", "native"]) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  // node-gyp asks for the version of Xcode first.
  writeFileSync(join(folder, "bin", "xcodebuild"), "#!/bin/sh\necho Xcode 16.4\necho Build version 16F6\n");
  chmodSync(join(folder, "bin", "xcodebuild"), 0o755);

  const compiler = `--target=arm64-apple-macos -isysroot '${sysroot}' -Werror=unguarded-availability`;
  const env = {
    ...process.env,
    PATH: `${join(folder, "bin")}:${process.env["PATH"]}`,
    CC: `clang-19 ${compiler}`,
    CXX: `clang++-19 ${compiler}`,
    LINK: `clang++-19 ${compiler} -fuse-ld=lld --ld-path=/usr/bin/ld64.lld-19`,
  };
  const gyp = join(root, "node_modules/node-gyp/bin/node-gyp.js");
  const target = [`--nodedir=${NODES[0]}`, `--arch=${architecture}`, "--", "-f", "make-mac", "-DOS=mac"];
  run(process.execPath, [gyp, "configure", ...target], { cwd: folder, env });
  run("make", ["-C", "build", "BUILDTYPE=Release", "V=1"], { cwd: folder, env });
}

export function buildFakeMac({ sysroot, nodeHeaders }: DarwinSdk): void {
  // Only the headers of the file format. Apple's other headers would hide those of this system.
  const headers = join(cache, "mach-headers");
  rmSync(headers, { recursive: true, force: true });
  mkdirSync(headers);
  symlinkSync(join(sysroot, "usr/include/mach-o"), join(headers, "mach-o"));
  const warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
  const includes = ["-isystem", headers, `-I${nodeHeaders}`, "-DNAPI_VERSION=8"];
  const sources = ["macho_image.cc", "fake_mac.cc"].map((name) => join(import.meta.dirname, "native", name));
  run("g++", ["-std=c++17", "-O1", "-fPIC", "-shared", ...warnings, ...includes, ...sources, "-o", fakeMacAddon]);
}
