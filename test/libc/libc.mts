// `npm run test:libc`: loads the binary for x64 with musl and with an old glibc, and the one for riscv64 under
// qemu-user. host.c replaces Node where npm has none: with musl, and for riscv64. A library that needs this machine's
// glibc must fail in the same way of loading, or the success of our binary would prove nothing.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODE_API_8 } from "../../scripts/prebuilds/node-api.mts";
import { aptPackage, hostName, targets, type LinuxTarget } from "../../scripts/prebuilds/targets.mts";
import { tryBinary } from "../../scripts/prebuilds/try-binary.mts";
import { OLD_GLIBC, oldGlibc } from "./old-glibc.mts";

const here = import.meta.dirname;
const root = join(here, "../..");
const riscv64 = targets.find(({ name }) => name === "linux-riscv64") as LinuxTarget;
const binaryOf = (name: string) => join(root, "prebuilds", name, "sockinfo.node");

/** The least length of TCP_INFO from this machine's kernel (Linux 4.10), and the length from qemu. */
const WHOLE = 192;
const QEMU = 4;

const GLIBC_VERSION = "process.report.getReport().header.glibcVersionRuntime";

const GLIBC_ONLY = `
  #include <dlfcn.h>
  #include <gnu/libc-version.h>
  void* needs_glibc_2_34(void) { return dlopen(gnu_get_libc_version(), RTLD_NOW); }`;

if (hostName !== "linux-x64") fail("this suite runs on Linux for x64 only");
requirePackages({
  gcc: "gcc",
  "musl-gcc": "musl-tools",
  "qemu-riscv64-static": "qemu-user-static",
  [`${riscv64.toolchain}-gcc`]: aptPackage(riscv64),
});
requireBinaries(hostName, riscv64.name);

const folder = mkdtempSync(join(tmpdir(), "sockinfo-libc-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const glibcOnly = join(folder, "glibc-only.so");
execFileSync("gcc", ["-shared", "-fPIC", "-x", "c", "-", "-o", glibcOnly], { input: GLIBC_ONLY });

const musl = compileHost("musl-gcc");
expectLength("linux-x64 on musl", tryHost([musl], binaryOf(hostName)), WHOLE);
expectRefusal("a library that needs glibc, on musl", tryHost([musl], glibcOnly));

const [loader, ...libraries] = await oldGlibc(join(root, ".cache/libc"));
const oldNode = [loader, ...libraries, process.execPath] as const;
const version = execFileSync(loader, [...libraries, process.execPath, "-p", GLIBC_VERSION], { encoding: "utf8" });
if (version.trim() !== OLD_GLIBC) fail(`Node runs with glibc ${version.trim()}, not with ${OLD_GLIBC}`);
expectLength(
  `linux-x64 on glibc ${OLD_GLIBC}, in Node ${process.version}`,
  tryBinary(binaryOf(hostName), oldNode),
  WHOLE,
);
expectRefusal(`a library that needs glibc 2.34, on ${OLD_GLIBC}`, tryBinary(glibcOnly, oldNode));

const foreign = compileHost(`${riscv64.toolchain}-gcc`);
const emulated = ["qemu-riscv64-static", "-L", join("/usr", riscv64.toolchain), foreign];
expectLength("linux-riscv64 under qemu-user", tryHost(emulated, binaryOf(riscv64.name)), QEMU, QEMU);

/** host.c implements the functions that the addon uses. The other functions of N-API 8 are stubs that abort. */
function compileHost(compiler: string): string {
  const source = readFileSync(join(here, "host.c"), "utf8");
  const stubs = NODE_API_8.filter((name) => !source.includes(`int ${name}(`)).map(
    (name) => `void ${name}() { abort(); }`,
  );
  const stubsFile = join(folder, "stubs.c");
  writeFileSync(stubsFile, ["#include <stdlib.h>", ...stubs].join("\n"));
  const program = join(folder, `host-${compiler}`);
  const flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-rdynamic"];
  execFileSync(compiler, [...flags, join(here, "host.c"), stubsFile, "-o", program, "-ldl"]);
  return program;
}

function tryHost([command, ...parameters]: string[], binary: string): number | string {
  const { status, signal, stdout, stderr } = spawnSync(command as string, [...parameters, binary], {
    encoding: "utf8",
  });
  return status === 0 ? Number(stdout) : `${signal ?? `exit ${status}`}: ${stderr.trim()}`;
}

function expectLength(what: string, answer: number | string, least: number, most = Infinity): void {
  const text = typeof answer === "number" ? `TCP_INFO has ${answer} bytes` : answer;
  report(typeof answer === "number" && answer >= least && answer <= most, what, text);
}

function expectRefusal(what: string, answer: number | string): void {
  const [reason] = /gnu_get_libc_version|GLIBC_2\.34/.exec(String(answer)) ?? [];
  report(reason !== undefined, what, reason ? `refused for ${reason}` : String(answer));
}

function report(holds: boolean, what: string, text: string): void {
  console.log(`${holds ? "ok  " : "FAIL"} ${what}: ${text}`);
  if (!holds) process.exitCode = 1;
}

function requirePackages(packages: Record<string, string>): void {
  const lacking = Object.entries(packages).filter(([command]) => spawnSync(command, ["--version"]).status !== 0);
  const names = lacking.map(([, name]) => name);
  if (names.length > 0) fail(`programs are missing: apt-get install --no-install-recommends ${names.join(" ")}`);
}

function requireBinaries(...names: string[]): void {
  const missing = names.filter((name) => !existsSync(binaryOf(name)));
  if (missing.length > 0) fail(`binaries are missing: npm run build:prebuilds -- ${missing.join(" ")}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
