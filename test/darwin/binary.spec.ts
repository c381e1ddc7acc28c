// The macOS binaries as files: their kind, their imports and exports, and that a wrong offset would not compile.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundleOf } from "./build.mts";
import { cache, darwinSdk, NODES, type Architecture } from "./sdk.mts";
import { run } from "./tools.mts";

const root = join(import.meta.dirname, "..", "..");
const nodes = NODES.map((folder) => join(folder, "bin/node"));
const exportsOf = (file: string) => new Set(run("llvm-nm-19", ["-gUj", file]).split("\n").filter(Boolean));

/** The origin of each import, as `llvm-nm -mu` prints it: `(from libSystem)`, `(dynamically looked up)`. */
function importsOf(file: string): Map<string, string> {
  const lines = run("llvm-nm-19", ["-mu", file]).matchAll(
    /\(undefined\) (?:weak )?external (\S+) \((?:from )?(.*)\)$/gm,
  );
  return new Map([...lines].map(([, symbol = "", origin = ""]) => [symbol, origin]));
}

// Node is large, so each version is read once.
const given = nodes.map(exportsOf);
const takenByOldest = importsOf(nodes[0] as string);

const leastMacos = (file: string) => /minos (\S+)/.exec(run("llvm-otool-19", ["-l", file]))?.[1] ?? "";

/** Imports that the oldest Node does not have. The comments name the first macOS with them. */
const OLDER: ReadonlyMap<string, string> = new Map([
  // The sized delete: 10.12.
  ["__ZdlPvm", "libc++"],
  // 10.10.
  ["_fchmodat", "libSystem"],
  // 10.0.
  ["_bzero", "libSystem"],
  ["_flock", "libSystem"],
]);

// Each of the four parts of a binary is as long as whole pages are: 16 KiB on arm64, 4 KiB on x64.
describe.each<[Architecture, string, number]>([
  ["arm64", "ARM64", 80],
  ["x64", "X86_64", 64],
])("%s", (architecture, processor, limitKib) => {
  const bundle = bundleOf(architecture);

  test(`is a bundle for this processor and smaller than ${limitKib} KiB`, () => {
    expect(run("llvm-otool-19", ["-hv", bundle])).toMatch(new RegExp(`MH_MAGIC_64\\s+${processor}\\s+ALL.*BUNDLE`));
    expect(statSync(bundle).size).toBeLessThan(limitKib * 1024);
  });

  test("runs wherever the oldest Node runs", () => {
    // Node 20 for arm64 needs 11.0, the first macOS on that processor.
    expect(leastMacos(bundle)).toBe(architecture === "arm64" ? "11.0" : leastMacos(nodes[0] as string));
  });

  test("exports only the functions that Node looks up", () => {
    expect([...exportsOf(bundle)]).toEqual(["_napi_register_module_v1", "_node_api_module_get_api_version_v1"]);
  });

  test("imports from Node only what the oldest and the newest Node for macOS export", () => {
    const taken = [...importsOf(bundle)].filter(([, origin]) => origin === "dynamically looked up");
    expect(taken.length).toBeGreaterThan(20);
    for (const symbols of given) {
      expect(taken.map(([symbol]) => symbol).filter((symbol) => !symbols.has(symbol))).toEqual([]);
    }
  });

  test("imports from the system only what the oldest Node imports, too, and older functions", () => {
    const taken = [...importsOf(bundle)].filter(([, origin]) => origin !== "dynamically looked up");
    const unknown = taken.filter(([symbol, origin]) => (takenByOldest.get(symbol) ?? OLDER.get(symbol)) !== origin);
    expect(unknown).toEqual([]);
  });

  test("is signed for arm64, where macOS runs only signed code", () => {
    expect(run("llvm-otool-19", ["-l", bundle]).includes("LC_CODE_SIGNATURE")).toBe(architecture === "arm64");
  });
});

test.each<[Architecture]>([["arm64"], ["x64"]])("each wrong offset is a compiler error, %s", (architecture) => {
  const code = readFileSync(join(root, "native/socket_info_darwin.cc"), "utf8");
  const asserted = code.match(/static_assert\(.* == \d+\);/g) ?? [];
  expect(asserted.length).toBeGreaterThan(20);
  const wrong = join(cache, `wrong-${architecture}.cc`);
  writeFileSync(
    wrong,
    code.replace(/(static_assert\(.* == )(\d+)\);/g, (_all, member, offset) => `${member}${Number(offset) + 1});`),
  );
  const sdk = darwinSdk();
  const parameters = [
    ...sdk.flags(architecture),
    "-std=c++17",
    "-fsyntax-only",
    "-ferror-limit=0",
    `-I${join(root, "native")}`,
  ];
  expect(() => run("clang++-19", [...parameters, join(root, "native/socket_info_darwin.cc")])).not.toThrow();
  const errors = catchText(() => run("clang++-19", [...parameters, wrong])).match(/static assertion failed/g);
  expect(errors).toHaveLength(asserted.length);
});

function catchText(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return String(error);
  }
  throw new Error("it compiled");
}
