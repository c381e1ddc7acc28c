// Reads the properties of a Mach-O file that the gate checks, from its load commands: mach-o/loader.h.
import { createHash } from "node:crypto";
import { Bytes } from "./bytes.mts";

export interface MachOFile {
  readonly format: "Mach-O";
  /** The cputype. */
  readonly machine: number;
  readonly bits: 64;
  readonly endianness: "little";
  /** It is a bundle, which is what node-gyp links for dlopen(). */
  readonly isLoadable: boolean;
  /** LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB and LC_REEXPORT_DYLIB. */
  readonly libraries: readonly string[];
  readonly hasSearchPath: boolean;
  /** Names as in C, without the leading underscore. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  readonly minimumMacos: string | undefined;
  /** "stale" means that the file has changed since it was signed, for example because it was stripped. */
  readonly signature: "none" | "stale" | "valid";
}

const MH_MAGIC_64 = 0xfe_ed_fa_cf;
const MH_BUNDLE = 8;
const LC_SYMTAB = 2;
const LC_LOAD_DYLIB = 0xc;
const LC_LOAD_WEAK_DYLIB = 0x80_00_00_18;
const LC_RPATH = 0x80_00_00_1c;
const LC_REEXPORT_DYLIB = 0x80_00_00_1f;
const LC_CODE_SIGNATURE = 0x1d;
const LC_VERSION_MIN_MACOSX = 0x24;
const LC_BUILD_VERSION = 0x32;
const PLATFORM_MACOS = 1;
const N_STAB = 0xe0;
const N_PEXT = 0x10;
const N_TYPE = 0x0e;
const N_UNDF = 0;
const N_EXT = 1;
const CSMAGIC_EMBEDDED_SIGNATURE = 0xfa_de_0c_c0;
const CSMAGIC_CODEDIRECTORY = 0xfa_de_0c_02;
const CS_HASHTYPE_SHA256 = 2;

export function isMachO(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new Bytes(bytes, "little").u32(0) === MH_MAGIC_64;
}

export function readMachO(bytes: Uint8Array): MachOFile {
  const file = new Bytes(bytes, "little");
  const commands: { kind: number; at: number }[] = [];
  for (let at = 32, left = file.u32(16), size = 0; left > 0; left--, at += size) {
    size = file.u32(at + 4);
    if (size < 8) throw new RangeError("a load command is shorter than its header");
    commands.push({ kind: file.u32(at), at });
  }
  const find = (kind: number) => commands.find((command) => command.kind === kind)?.at;
  const table = find(LC_SYMTAB);
  if (table === undefined) throw new RangeError("there is no symbol table");
  const [symbolsAt, count, namesAt] = [file.u32(table + 8), file.u32(table + 12), file.u32(table + 16)];

  const symbols = Array.from({ length: count }, (_, index) => {
    const at = symbolsAt + index * 16;
    return { name: file.text(namesAt + file.u32(at)).replace(/^_/, ""), type: file.u8(at + 4) };
  }).filter(({ type }) => (type & N_STAB) === 0 && (type & N_EXT) !== 0);

  return {
    format: "Mach-O",
    machine: file.u32(4),
    bits: 64,
    endianness: "little",
    isLoadable: file.u32(12) === MH_BUNDLE,
    libraries: commands
      .filter(({ kind }) => kind === LC_LOAD_DYLIB || kind === LC_LOAD_WEAK_DYLIB || kind === LC_REEXPORT_DYLIB)
      .map(({ at }) => file.text(at + file.u32(at + 8))),
    hasSearchPath: find(LC_RPATH) !== undefined,
    imports: symbols.filter(({ type }) => (type & N_TYPE) === N_UNDF).map(({ name }) => name),
    exports: symbols
      .filter(({ type }) => (type & N_TYPE) !== N_UNDF && (type & N_PEXT) === 0)
      .map(({ name }) => name),
    minimumMacos: minimumMacos(file, find(LC_BUILD_VERSION), find(LC_VERSION_MIN_MACOSX)),
    signature: signatureOf(bytes, find(LC_CODE_SIGNATURE)),
  };
}

/** LC_BUILD_VERSION names the platform. LC_VERSION_MIN_MACOSX is older and exists for macOS only. */
function minimumMacos(file: Bytes, build: number | undefined, older: number | undefined): string | undefined {
  const at = build === undefined ? older : file.u32(build + 8) === PLATFORM_MACOS ? build + 4 : undefined;
  if (at === undefined) return undefined;
  const version = file.u32(at + 8);
  return `${version >>> 16}.${(version >>> 8) & 0xff}`;
}

/** Compares every page with its hash. The structs of a signature are big-endian. */
function signatureOf(bytes: Uint8Array, command: number | undefined): MachOFile["signature"] {
  if (command === undefined) return "none";
  const start = new Bytes(bytes, "little").u32(command + 8);
  const file = new Bytes(bytes, "big");
  if (file.u32(start) !== CSMAGIC_EMBEDDED_SIGNATURE) return "none";
  const blobs = Array.from({ length: file.u32(start + 8) }, (_, index) => start + file.u32(start + 16 + index * 8));
  const directory = blobs.find((at) => file.u32(at) === CSMAGIC_CODEDIRECTORY && file.u8(at + 37) === CS_HASHTYPE_SHA256);
  if (directory === undefined) return "none";
  const [hashes, count, limit] = [file.u32(directory + 16), file.u32(directory + 28), file.u32(directory + 32)];
  const pageSize = 2 ** file.u8(directory + 39);
  const hashSize = file.u8(directory + 36);
  if (limit !== start || count !== Math.ceil(limit / pageSize)) return "stale";
  const isValid = Array.from({ length: count }, (_, page) => {
    const at = directory + hashes + page * hashSize;
    const content = bytes.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit));
    return createHash("sha256").update(content).digest().equals(bytes.subarray(at, at + hashSize));
  }).every(Boolean);
  return isValid ? "valid" : "stale";
}
