// The macOS binaries as files: what they are, what they take from where, and that a wrong offset would not have compiled.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bundleOf } from "./build.mts";
import { cache, darwinSdk, NODES, type Architecture } from "./sdk.mts";
import { run } from "./tools.mts";

const root = join(import.meta.dirname, "..", "..");
const nodes = NODES.map((folder) => join(folder, "bin/node"));
const exportsOf = (file: string) => new Set(run("llvm-nm-19", ["-gUj", file]).split("\n").filter(Boolean));

/** Symbol → where it comes from, as `llvm-nm -mu` has it: `(from libSystem)`, `(dynamically looked up)`. */
function importsOf(file: string): Map<string, string> {
  const lines = run("llvm-nm-19", ["-mu", file]).matchAll(
    /\(undefined\) (?:weak )?external (\S+) \((?:from )?(.*)\)$/gm,
  );
  return new Map([...lines].map(([, symbol = "", origin = ""]) => [symbol, origin]));
}

// Node is large: each is read once.
const given = nodes.map(exportsOf);
const takenByOldest = importsOf(nodes[0] as string);

const leastMacos = (file: string) => /minos (\S+)/.exec(run("llvm-otool-19", ["-l", file]))?.[1] ?? "";

/** What the oldest Node does not take, and the first macOS with it. */
const OLDER: ReadonlyMap<string, string> = new Map([
  // The delete with a size: 10.12.
  ["__ZdlPvm", "libc++"],
  // 10.10.
  ["_fchmodat", "libSystem"],
  // 10.0.
  ["_bzero", "libSystem"],
  ["_flock", "libSystem"],
]);

describe.each<[Architecture, string]>([
  ["arm64", "ARM64"],
  ["x64", "X86_64"],
])("%s", (architecture, processor) => {
  const bundle = bundleOf(architecture);

  test("is a bundle for this processor, of less than 64 KiB", () => {
    expect(run("llvm-otool-19", ["-hv", bundle])).toMatch(new RegExp(`MH_MAGIC_64\\s+${processor}\\s+ALL.*BUNDLE`));
    expect(statSync(bundle).size).toBeLessThan(64 * 1024);
  });

  test("runs wherever the oldest Node runs", () => {
    // Node 20 for arm64 asks for 11.0, the first macOS on that processor.
    expect(leastMacos(bundle)).toBe(architecture === "arm64" ? "11.0" : leastMacos(nodes[0] as string));
  });

  test("gives out what Node looks for and no more", () => {
    expect([...exportsOf(bundle)]).toEqual(["_napi_register_module_v1", "_node_api_module_get_api_version_v1"]);
  });

  test("takes from Node what the oldest and the newest Node of macOS have", () => {
    const taken = [...importsOf(bundle)].filter(([, origin]) => origin === "dynamically looked up");
    expect(taken.length).toBeGreaterThan(20);
    for (const symbols of given) {
      expect(taken.map(([symbol]) => symbol).filter((symbol) => !symbols.has(symbol))).toEqual([]);
    }
  });

  test("takes from the system what the oldest Node takes itself, and what is older than that", () => {
    const taken = [...importsOf(bundle)].filter(([, origin]) => origin !== "dynamically looked up");
    const unknown = taken.filter(([symbol, origin]) => (takenByOldest.get(symbol) ?? OLDER.get(symbol)) !== origin);
    expect(unknown).toEqual([]);
  });

  test("is signed, where macOS runs nothing unsigned", () => {
    expect(run("llvm-otool-19", ["-l", bundle]).includes("LC_CODE_SIGNATURE")).toBe(architecture === "arm64");
  });
});

test.each<[Architecture]>([["arm64"], ["x64"]])("each wrong offset is an error of the compiler, %s", (architecture) => {
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
