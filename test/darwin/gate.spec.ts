// The gate of scripts/prebuilds against Mach-O bundles that LLVM's compiler and linker make here.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { faultsOf } from "../../scripts/prebuilds/faults.mts";
import { readMachO } from "../../scripts/prebuilds/mach-o.mts";
import { targets, type DarwinTarget } from "../../scripts/prebuilds/targets.mts";

const SOURCE = `
  __attribute__((visibility("default"))) void* napi_register_module_v1(void* env, void* exports) {
    extern int getsockopt(int, int, int, void*, void*);
    extern int napi_create_int32(void*, int, void*);
    napi_create_int32(env, getsockopt(0, 0, 0, 0, 0), 0);
    return exports;
  }
  __attribute__((visibility("default"))) int node_api_module_get_api_version_v1(void) { return 8; }`;

/** The exports of a library, in the form of Apple's SDK. */
const stub = (installName: string, symbols: string) => `--- !tapi-tbd
tbd-version: 4
targets: [ x86_64-macos, arm64-macos ]
install-name: '${installName}'
exports:
  - targets: [ x86_64-macos, arm64-macos ]
    symbols: [ ${symbols} ]
...
`;

const folder = mkdtempSync(join(tmpdir(), "sockinfo-gate-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);
writeFileSync(file("libSystem.tbd"), stub("/usr/lib/libSystem.B.dylib", "_getsockopt, dyld_stub_binder"));
writeFileSync(file("libz.tbd"), stub("/usr/lib/libz.1.dylib", "_zlibVersion"));

function build(target: DarwinTarget, { source = SOURCE, kind = "-bundle", flags = [] as string[] } = {}): Buffer {
  const machine = { x64: "x86_64", arm64: "arm64" }[target.arch] as string;
  const version = target.minimumMacos;
  const compile = [`--target=${machine}-apple-macos${version}`, "-fvisibility=hidden", "-x", "c", "-c", "-"];
  execFileSync("clang-19", [...compile, "-o", file("addon.o")], { input: source });
  const system = ["-arch", machine, "-platform_version", "macos", version, version, "-undefined", "dynamic_lookup"];
  const files = ["addon.o", "libSystem.tbd", "-o", "addon.node"];
  execFileSync("ld64.lld-19", [kind, ...system, ...files, ...flags], { cwd: folder, stdio: "pipe" });
  return readFileSync(file("addon.node"));
}

const darwin = targets.filter((target) => target.platform === "darwin");

describe.each(darwin.map((target) => [target.name, target] as const))("%s", (_name, target) => {
  const isArm = target.arch === "arm64";

  test("reads a correct bundle", () => {
    const bytes = build(target);
    const { imports, exports, ...others } = readMachO(bytes);
    expect(others).toEqual({
      format: "Mach-O",
      machine: target.machine,
      bits: 64,
      endianness: "little",
      isLoadable: true,
      libraries: ["/usr/lib/libSystem.B.dylib"],
      hasSearchPath: false,
      minimumMacos: target.minimumMacos,
      signature: isArm ? "valid" : "none",
    });
    expect(imports.toSorted()).toEqual(["dyld_stub_binder", "getsockopt", "napi_create_int32"]);
    expect(exports.toSorted()).toEqual(["napi_register_module_v1", "node_api_module_get_api_version_v1"]);
    expect(faultsOf(target, bytes)).toEqual([]);
  });

  test.each([
    ["a library instead of a bundle", { kind: "-dylib" }, ["is not a bundle"]],
    ["with another library", { flags: ["libz.tbd"] }, ["needs /usr/lib/libz.1.dylib"]],
    ["with a search path", { flags: ["-rpath", "/opt"] }, ["has a search path"]],
    [
      "for a newer system",
      { flags: ["-platform_version", "macos", "12.0", "12.0"] },
      [`is for macOS 12.0, not ${target.minimumMacos}`],
    ],
    ["not signed", { flags: ["-no_adhoc_codesign"] }, isArm ? ["is not signed"] : []],
    [
      "importing a function that is not allowed",
      { source: `extern int fork(void); int f(void) { return fork(); } ${SOURCE}` },
      ["imports fork"],
    ],
    [
      "with one more export",
      { source: `__attribute__((visibility("default"))) int more(void) { return 0; } ${SOURCE}` },
      ["exports more"],
    ],
    [
      "without an entry point",
      { source: SOURCE.replace("node_api_module_get_api_version_v1", "another") },
      ["exports another", "does not export node_api_module_get_api_version_v1"],
    ],
  ])("refuses a bundle: %s", (_what, options, faults) =>
    expect(faultsOf(target, build(target, options))).toEqual(faults),
  );

  test("refuses a bundle that was changed after it was signed", () => {
    const bytes = build(target, { flags: ["-adhoc_codesign"] });
    expect(readMachO(bytes).signature).toBe("valid");
    const last = bytes.indexOf("_getsockopt");
    bytes[last] = "-".codePointAt(0) as number;
    expect(faultsOf(target, bytes)).toContain("was changed after it was signed");
  });

  test("refuses a bundle that is cut short", () =>
    expect(faultsOf(target, build(target).subarray(0, 8192))).toEqual(["is cut short"]));

  test("refuses a bundle in the folder of the other processor", () => {
    const other = darwin.find(({ name }) => name !== target.name) as DarwinTarget;
    expect(faultsOf(other, build(target))).toEqual([
      `is for another machine: machine is ${target.machine}, not ${other.machine}`,
    ]);
  });
});
