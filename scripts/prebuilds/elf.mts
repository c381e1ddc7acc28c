// Reads the properties of an ELF file that the gate checks, from its headers and dynamic section: elf(5).
import { Bytes } from "./bytes.mts";

export interface ElfFile {
  readonly format: "ELF";
  readonly machine: number;
  readonly bits: 32 | 64;
  readonly endianness: "little" | "big";
  /** e_flags. */
  readonly flags: number;
  /** It is a shared object, for dlopen(). */
  readonly isLoadable: boolean;
  /** DT_NEEDED. */
  readonly libraries: readonly string[];
  /** DT_RPATH and DT_RUNPATH. */
  readonly hasSearchPath: boolean;
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  readonly hasSymbolVersions: boolean;
  readonly hasTextRelocations: boolean;
  readonly bindsNow: boolean;
  readonly hasExecutableStack: boolean;
  readonly hasWritableCode: boolean;
  /**
   * Whether the part that becomes read-only after loading ends at a page boundary. Otherwise its last page stays
   * writable.
   */
  readonly relro: "none" | "partial" | "full";
}

/** The offsets of fields that differ between 32 and 64 bits. */
const OFFSETS = {
  32: {
    word: 4,
    header: { phoff: 28, shoff: 32, flags: 36, phentsize: 42, phnum: 44, shentsize: 46, shnum: 48 },
    segment: { vaddr: 8, memsz: 20, flags: 24, align: 28 },
    section: { offset: 16, size: 20, link: 24 },
    symbol: { size: 16, info: 12, other: 13, index: 14 },
  },
  64: {
    word: 8,
    header: { phoff: 32, shoff: 40, flags: 48, phentsize: 54, phnum: 56, shentsize: 58, shnum: 60 },
    segment: { vaddr: 16, memsz: 40, flags: 4, align: 48 },
    section: { offset: 24, size: 32, link: 40 },
    symbol: { size: 24, info: 4, other: 5, index: 6 },
  },
} as const;

const ET_DYN = 3;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x64_74_e5_51;
const PT_GNU_RELRO = 0x64_74_e5_52;
const PF_X = 1;
const PF_W = 2;
const SHT_DYNAMIC = 6;
const SHT_DYNSYM = 11;
const DT_NEEDED = 1;
const DT_RPATH = 15;
const DT_TEXTREL = 22;
const DT_BIND_NOW = 24;
const DT_RUNPATH = 29;
const DT_FLAGS = 30;
const DT_FLAGS_1 = 0x6f_ff_ff_fb;
const DT_VERDEF = 0x6f_ff_ff_fc;
const DT_VERNEED = 0x6f_ff_ff_fe;
const DF_TEXTREL = 4;
const DF_BIND_NOW = 8;
const DF_1_NOW = 1;
const STB_LOCAL = 0;
const STV_DEFAULT = 0;
const STV_PROTECTED = 3;
const SHN_UNDEF = 0;

export function isElf(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString("latin1") === "\u{7f}ELF";
}

export function readElf(bytes: Uint8Array): ElfFile {
  const bits = bytes[4] === 2 ? 64 : 32;
  const endianness = bytes[5] === 2 ? "big" : "little";
  const file = new Bytes(bytes, endianness);
  const offsets = OFFSETS[bits];
  const word = (at: number) => (bits === 64 ? file.u64(at) : file.u32(at));

  const { header } = offsets;
  const segments = Array.from({ length: file.u16(header.phnum) }, (_, index) => {
    const at = word(header.phoff) + index * file.u16(header.phentsize);
    const { vaddr, memsz, flags, align } = offsets.segment;
    return {
      type: file.u32(at),
      flags: file.u32(at + flags),
      end: word(at + vaddr) + word(at + memsz),
      align: word(at + align),
    };
  });
  const sections = Array.from({ length: file.u16(header.shnum) }, (_, index) => {
    const at = word(header.shoff) + index * file.u16(header.shentsize);
    const { offset, size, link } = offsets.section;
    return {
      type: file.u32(at + 4),
      offset: word(at + offset),
      size: word(at + size),
      /** The section that holds the names. */
      link: file.u32(at + link),
    };
  });
  const sectionOf = (type: number) => {
    const section = sections.find((one) => one.type === type);
    const names = section && sections[section.link];
    if (!section || !names) throw new RangeError(`no section of type ${type}`);
    return { ...section, name: (offset: number) => file.text(names.offset + offset) };
  };

  const dynamic = sectionOf(SHT_DYNAMIC);
  const entries = Array.from({ length: dynamic.size / (2 * offsets.word) }, (_, index) => {
    const at = dynamic.offset + index * 2 * offsets.word;
    return { tag: word(at), value: word(at + offsets.word) };
  });
  const has = (tag: number) => entries.some((entry) => entry.tag === tag);
  const flag = (tag: number, bit: number) => entries.some((entry) => entry.tag === tag && (entry.value & bit) !== 0);

  const table = sectionOf(SHT_DYNSYM);
  const symbols = Array.from({ length: table.size / offsets.symbol.size }, (_, index) => {
    const at = table.offset + index * offsets.symbol.size;
    return {
      name: table.name(file.u32(at)),
      isLocal: file.u8(at + offsets.symbol.info) >> 4 === STB_LOCAL,
      isVisible: [STV_DEFAULT, STV_PROTECTED].includes(file.u8(at + offsets.symbol.other) & 3),
      isDefined: file.u16(at + offsets.symbol.index) !== SHN_UNDEF,
    };
  }).filter(({ isLocal }) => !isLocal);

  const loads = segments.filter(({ type }) => type === PT_LOAD);
  const stack = segments.find(({ type }) => type === PT_GNU_STACK);
  const relro = segments.find(({ type }) => type === PT_GNU_RELRO);
  const page = Math.max(...loads.map(({ align }) => align));

  return {
    format: "ELF",
    machine: file.u16(18),
    bits,
    endianness,
    flags: file.u32(header.flags),
    isLoadable: file.u16(16) === ET_DYN,
    libraries: entries.filter(({ tag }) => tag === DT_NEEDED).map(({ value }) => dynamic.name(value)),
    hasSearchPath: has(DT_RPATH) || has(DT_RUNPATH),
    imports: symbols.filter(({ isDefined }) => !isDefined).map(({ name }) => name),
    exports: symbols.filter(({ isDefined, isVisible }) => isDefined && isVisible).map(({ name }) => name),
    hasSymbolVersions: has(DT_VERNEED) || has(DT_VERDEF),
    hasTextRelocations: has(DT_TEXTREL) || flag(DT_FLAGS, DF_TEXTREL),
    bindsNow: has(DT_BIND_NOW) || flag(DT_FLAGS, DF_BIND_NOW) || flag(DT_FLAGS_1, DF_1_NOW),
    // Without this segment the stack is executable.
    hasExecutableStack: !stack || (stack.flags & PF_X) !== 0,
    hasWritableCode: loads.some(({ flags }) => (flags & PF_X) !== 0 && (flags & PF_W) !== 0),
    relro: relro ? (relro.end % page === 0 ? "full" : "partial") : "none",
  };
}
