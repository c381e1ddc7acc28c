// The gate refuses binaries that must not be shipped, and names the reason. It reads ELF files as readelf does.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { readElf } from "../../scripts/prebuilds/elf.mts";
import { faultsOf } from "../../scripts/prebuilds/faults.mts";
import { hostName, targets, type LinuxTarget, type Target } from "../../scripts/prebuilds/targets.mts";
import { tryBinary } from "../../scripts/prebuilds/try-binary.mts";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";

const pathOf = (name: string) => join(root, "prebuilds", name, "sockinfo.node");
const host = targets.find(({ name }) => name === hostName) as Target;
const good = readFileSync(pathOf(hostName));

function temporary(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-gate-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}

test("the host's own binary has no fault, and works", () => {
  expect(faultsOf(host, good)).toEqual([]);
  expect(tryBinary(pathOf(hostName))).toBeGreaterThanOrEqual(104);
});

test.each(["prebuilds/README.md", "docs/platforms.md"])("%s lists exactly the targets", (file) => {
  const rows = [...readFileSync(join(root, file), "utf8").matchAll(/^\| `(.*?)` \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(targets.map(({ name }) => name));
});

describe("the host's binary", () => {
  test.each([
    ["nothing", 0, "is neither an ELF nor a Mach-O file"],
    ["three bytes", 3, "is neither an ELF nor a Mach-O file"],
    ["the header", 64, "is cut short"],
    ["half", good.length >> 1, "is cut short"],
  ])("only %s", (_what, length, fault) => expect(faultsOf(host, good.subarray(0, length))).toEqual([fault]));

  test("with more bytes than allowed", () => {
    const large = Buffer.concat([good, Buffer.alloc(64 * 1024)]);
    expect(faultsOf(host, large)).toEqual([`has ${large.length} bytes, more than 65536`]);
  });

  test("in the folder of another machine", () => {
    const other = targets.find(({ format, machine }) => format === host.format && machine !== host.machine) as Target;
    const fault = `is for another machine: machine is ${host.machine}, not ${other.machine}`;
    expect(faultsOf(other, good)).toContain(fault);
  });
});

describe.skipIf(lacks("linux"))("the host's ELF file", () => {
  const PT_LOAD = 1;
  const PT_GNU_STACK = 0x64_74_e5_51;
  const PT_GNU_RELRO = 0x64_74_e5_52;

  /** The host's binary with its first `from` replaced by `to`, of the same length. */
  function replaced(from: string, to: string): Buffer {
    expect(good.includes(from) && from.length === to.length).toBe(true);
    return Buffer.from(good.toString("latin1").replace(from, to), "latin1");
  }

  /** Changes the program headers of a type. The host's ELF file is a 64-bit little-endian one. */
  function withSegment(type: number, change: (bytes: Buffer, at: number) => unknown): Buffer {
    const bytes = Buffer.from(good);
    for (let index = 0; index < bytes.readUInt16LE(56); index++) {
      const at = Number(bytes.readBigUInt64LE(32)) + index * 56;
      if (bytes.readUInt32LE(at) === type) change(bytes, at);
    }
    return bytes;
  }

  test("wanting a function that is not everywhere", () => {
    expect(faultsOf(host, replaced("\0getsockopt\0", "\0getsockopx\0"))).toEqual(["imports getsockopx"]);
  });

  test("that imports a function of a later Node-API", () => {
    expect(faultsOf(host, replaced("\0napi_get_cb_info\0", "\0node_api_symbol_\0"))).toEqual([
      "imports node_api_symbol_",
    ]);
  });

  test("with another name for its entry point", () => {
    const renamed = replaced("\0napi_register_module_v1\0", "\0napi_register_module_v2\0");
    expect(faultsOf(host, renamed)).toEqual([
      "exports napi_register_module_v2",
      "does not export napi_register_module_v1",
    ]);
  });

  test.each([
    [
      "for another processor",
      (bytes: Buffer) => bytes.writeUInt16LE(8, 18),
      `is for another machine: machine is 8, not ${host.machine}`,
    ],
    ["that is a program", (bytes: Buffer) => bytes.writeUInt16LE(2, 16), "is not a shared object"],
  ])("%s", (_what, change, fault) => {
    const bytes = Buffer.from(good);
    change(bytes);
    expect(faultsOf(host, bytes)).toEqual([fault]);
  });

  test("with another ABI", () => {
    const bytes = Buffer.from(good);
    bytes.writeUInt32LE(0x02_00, 48);
    const strict = { ...(host as LinuxTarget), abi: { mask: 0x06_00, flags: 0x04_00 } };
    expect(faultsOf(strict, bytes)).toEqual(["has the ABI of e_flags 0x200"]);
    bytes.writeUInt32LE(0x05_00_04_00, 48);
    expect(faultsOf(strict, bytes)).toEqual([]);
  });

  test.each([
    [
      "with an executable stack",
      PT_GNU_STACK,
      (bytes: Buffer, at: number) => bytes.writeUInt32LE(7, at + 4),
      "asks for an executable stack",
    ],
    [
      "without a header for its stack",
      PT_GNU_STACK,
      (bytes: Buffer, at: number) => bytes.writeUInt32LE(0, at),
      "asks for an executable stack",
    ],
    [
      "without RELRO",
      PT_GNU_RELRO,
      (bytes: Buffer, at: number) => bytes.writeUInt32LE(0, at),
      "has no part that is read-only after loading (RELRO)",
    ],
    [
      "with a RELRO that ends in the middle of a page",
      PT_GNU_RELRO,
      (bytes: Buffer, at: number) => bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at + 40) + 8n, at + 40),
      "has a RELRO that ends in the middle of a page",
    ],
    [
      "with code that can be written",
      PT_LOAD,
      (bytes: Buffer, at: number) => bytes.writeUInt32LE(7, at + 4),
      "has writable code",
    ],
  ])("%s", (_what, type, change, fault) => expect(faultsOf(host, withSegment(type, change))).toEqual([fault]));
});

describe.skipIf(lacks("linux", "compiler"))("a library that is built here", () => {
  const ENTRY_POINTS = `
    extern "C" __attribute__((visibility("default"))) void* napi_register_module_v1(void*, void*) { return 0; }
    extern "C" __attribute__((visibility("default"))) int node_api_module_get_api_version_v1() { return 8; }`;
  // Small pages, because large ones would make the file large.
  const FLAGS = ["-nostdlib", "-Wl,-z,max-page-size=4096", "-Wl,-z,now", "-Wl,-z,relro", "-Wl,-z,noexecstack"];

  function build(source: string, flags: string[]): { path: string; faults: string[] } {
    const path = temporary("sockinfo.node");
    const input = source + ENTRY_POINTS;
    execFileSync("c++", ["-shared", "-fPIC", "-x", "c++", "-", "-o", path, ...flags], { input });
    return { path, faults: faultsOf(host, readFileSync(path)) };
  }

  test("with the right flags has no fault, though it does nothing", () => {
    const { path, faults } = build("", FLAGS);
    expect(faults).toEqual([]);
    expect(tryBinary(path)).toMatch(/^can't be used .*binding.tcpInfo is not a function/s);
  });

  test("with the C++ library", () => {
    const { faults } = build('#include <stdexcept>\nvoid f() { throw std::runtime_error(""); }', ["-Wl,-z,now"]);
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^needs libstdc\+\+\.so\.6, /),
        "has symbol versions, so it needs one libc of a minimum version",
        "imports __cxa_throw",
        "exports _Z1fv",
      ]),
    );
  });

  test.each([
    ["with one more export", "int more() { return 0; }", FLAGS, ["exports _Z4morev"]],
    ["with a search path", "", [...FLAGS, "-Wl,-rpath,/opt"], ["has a search path"]],
    ["binding late", "", [...FLAGS, "-Wl,-z,lazy"], ["binds its symbols lazily"]],
    [
      "with addresses in its code",
      'extern "C" void abort(); asm(".text; .quad abort");',
      [...FLAGS, "-Wl,-z,notext"],
      ["has relocations in its code"],
    ],
  ])("%s", (_what, source, flags, expected) => expect(build(source, flags).faults).toEqual(expected));
});

describe.skipIf(lacks("linux", "readelf"))("readelf says the same of", () => {
  const present = targets.filter(({ name, format }) => format === "ELF" && existsSync(pathOf(name)));
  const libc = spawnSync("sh", ["-c", "ldd $(command -v node) | grep -o '/[^ ]*libc[.]so[^ ]*'"], { encoding: "utf8" });
  const files = [...present.map(({ name }) => pathOf(name)), ...libc.stdout.trim().split("\n").filter(Boolean)];

  const MACHINES: Record<string, number> = {
    "Advanced Micro Devices X86-64": 62,
    AArch64: 183,
    ARM: 40,
    "RISC-V": 243,
    "IBM S/390": 22,
    PowerPC64: 21,
  };

  test.each(files.map((path) => [path.replace(root, "")]))("%s", (name) => {
    const path = existsSync(join(root, name)) ? join(root, name) : name;
    const file = readElf(readFileSync(path));
    const text = execFileSync("readelf", ["-W", "-hld", "--dyn-syms", path], { encoding: "utf8" });
    const symbols = text.replaceAll(/\[<localentry>: .*?\]/g, "");
    const rows = [...symbols.matchAll(/^ +\d+: .*$/gm)].map(([row]) => row.trim().split(/ +/));
    const namesOf = (list: string[][]) => list.map((row) => (row[7] as string).replace(/@.*/, ""));
    const global = rows.filter((row) => row[4] !== "LOCAL");
    const visible = global.filter((row) => row[6] !== "UND" && (row[5] === "DEFAULT" || row[5] === "PROTECTED"));
    expect(file).toEqual({
      format: "ELF",
      machine: MACHINES[/Machine: +(.*)/.exec(text)?.[1] ?? ""],
      bits: text.includes("ELF64") ? 64 : 32,
      endianness: text.includes("big endian") ? "big" : "little",
      flags: Number(/Flags: +(0x\w+)/.exec(text)?.[1]),
      isLoadable: /Type: +DYN/.test(text),
      libraries: [...text.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, library]) => library),
      hasSearchPath: /\((RPATH|RUNPATH)\)/.test(text),
      imports: namesOf(global.filter((row) => row[6] === "UND")),
      exports: namesOf(visible),
      hasSymbolVersions: /\((VERNEED|VERDEF)\)/.test(text),
      hasTextRelocations: text.includes("TEXTREL"),
      bindsNow: /BIND_NOW|Flags: .*NOW/.test(text),
      hasExecutableStack: /GNU_STACK.* RWE /.test(text),
      hasWritableCode: /LOAD.* RWE /.test(text),
      relro: relroOf(text),
    });
  });

  function relroOf(text: string): string {
    const number = (row: string[] | undefined, column: number) => Number(row?.[column]);
    const segments = [...text.matchAll(/^ +(LOAD|GNU_RELRO) .*$/gm)].map(([row]) => row.trim().split(/ +/));
    const relro = segments.find(([type]) => type === "GNU_RELRO");
    const page = Math.max(...segments.map((row) => number(row, row.length - 1)));
    if (!relro) return "none";
    return (number(relro, 2) + number(relro, 5)) % page === 0 ? "full" : "partial";
  }
});
