// Whether a binary lacks its end, as after an install on a full disk. The dynamic linkers of Linux do not look: they map what
// is not there, and the process dies by SIGBUS. (That of macOS refuses such a file.)
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { endianness } from "node:os";

const ELF_MAGIC = 0x7f454c46;
const ELFCLASS64 = 2;

/** False where that can't be told: the dynamic linker refuses what is no ELF file, and says why better than we could. */
export function isCutShort(path: string): boolean {
  const header = new DataView(new ArrayBuffer(64));
  let fileBytes: number;
  try {
    const fd = openSync(path, "r");
    try {
      readSync(fd, header);
      fileBytes = fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
  return header.getUint32(0) === ELF_MAGIC && fileBytes < endOfSections(header);
}

/** Where the table of sections ends, which linkers write last: e_shoff + e_shnum * e_shentsize. elf(5). */
function endOfSections(header: DataView): number {
  const littleEndian = endianness() === "LE";
  if (header.getUint8(4) === ELFCLASS64) {
    const offset = Number(header.getBigUint64(40, littleEndian));
    return offset + header.getUint16(60, littleEndian) * header.getUint16(58, littleEndian);
  }
  const offset = header.getUint32(32, littleEndian);
  return offset + header.getUint16(48, littleEndian) * header.getUint16(46, littleEndian);
}
