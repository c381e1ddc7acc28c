// Reads a struct's layout from the running kernel's type information, /sys/kernel/btf/vmlinux.
// Format: https://docs.kernel.org/bpf/btf.html
import { readFileSync } from "node:fs";

export interface Member {
  readonly name: string;
  readonly bitOffset: number;
  readonly bitSize: number;
}

const KIND = {
  INT: 1,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  DECL_TAG: 17,
  ENUM64: 19,
};

/** How many bytes follow a type's 12-byte head. */
function tailLength(kind: number, count: number): number {
  if (kind === KIND.INT || kind === KIND.VAR || kind === KIND.DECL_TAG) return 4;
  if (kind === KIND.ARRAY) return 12;
  if (kind === KIND.STRUCT || kind === KIND.UNION || kind === KIND.DATASEC || kind === KIND.ENUM64) return count * 12;
  if (kind === KIND.ENUM || kind === KIND.FUNC_PROTO) return count * 8;
  return 0;
}

/** Size in bytes and members of `struct name`. */
export function kernelStruct(name: string): { size: number; members: Member[] } {
  const file = readFileSync("/sys/kernel/btf/vmlinux");
  const u32 = (at: number) => (littleEndian ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const littleEndian = file.readUInt16LE(0) === 0xeb9f;
  const headLength = u32(4);
  const [typesAt, typesLength, stringsAt] = [headLength + u32(8), u32(12), headLength + u32(16)];
  const text = (offset: number) => file.toString("latin1", stringsAt + offset, file.indexOf(0, stringsAt + offset));

  const types = [0];
  for (let at = typesAt; at < typesAt + typesLength;) {
    types.push(at);
    const info = u32(at + 4);
    at += 12 + tailLength((info >>> 24) & 31, info & 0xffff);
  }
  const bitSizeOf = (id: number): number => {
    const at = types[id] ?? 0;
    const kind = (u32(at + 4) >>> 24) & 31;
    return kind === KIND.TYPEDEF || kind === KIND.CONST || kind === KIND.VOLATILE
      ? bitSizeOf(u32(at + 8))
      : u32(at + 8) * 8;
  };

  const at = types.find(
    (type) => type > 0 && ((u32(type + 4) >>> 24) & 31) === KIND.STRUCT && text(u32(type)) === name,
  );
  if (at === undefined) throw new Error(`the kernel has no struct ${name}`);
  const info = u32(at + 4);
  const hasBitFields = info >>> 31 === 1;
  const members = Array.from({ length: info & 0xffff }, (_, index) => {
    const member = at + 12 + index * 12;
    const offset = u32(member + 8);
    const bitSize = hasBitFields ? offset >>> 24 : 0;
    return {
      name: text(u32(member)),
      bitOffset: hasBitFields ? offset & 0xff_ffff : offset,
      bitSize: bitSize || bitSizeOf(u32(member + 4)),
    };
  });
  return { size: u32(at + 8), members };
}
