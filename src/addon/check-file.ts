// Checks a file before the dynamic linker opens it. The linker waits for ever on a FIFO. On Linux it also maps a
// truncated file, such as one from an install on a full disk, and the process then dies of SIGBUS. The linker of macOS
// refuses such a file.
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { endianness } from "node:os";

const ELF_MAGIC = 0x7f454c46;
const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;

/** Throws the system's error, or an error with a message about the file. */
export function checkFile(path: string): void {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new Error(`${path}: not a file`);
    if (stats.size < endOfSections(readHeader(path))) throw new Error(`${path}: file too short`);
  } catch (error) {
    if (!isForbidden(error as NodeJS.ErrnoException)) throw error;
  }
}

/** Whether the process may not read files. It may still load addons, so the dynamic linker checks the file instead. */
function isForbidden({ code, name }: NodeJS.ErrnoException): boolean {
  return code === "ERR_ACCESS_DENIED" || name === "NotCapable"; // Node's permission model, and Deno's.
}

function readHeader(path: string): DataView {
  const header = new DataView(new ArrayBuffer(64));
  const fd = openSync(path, "r");
  try {
    readSync(fd, header);
  } finally {
    closeSync(fd);
  }
  return header;
}

/**
 * The end of the section table, which linkers write last: e_shoff + e_shnum * e_shentsize, elf(5). 0 for a file that
 * is not ELF of this byte order: the dynamic linker refuses such a file and says why.
 */
function endOfSections(header: DataView): number {
  const littleEndian = endianness() === "LE";
  if (header.getUint32(0) !== ELF_MAGIC || (header.getUint8(5) === ELFDATA2LSB) !== littleEndian) return 0;
  if (header.getUint8(4) === ELFCLASS64) {
    const offset = Number(header.getBigUint64(40, littleEndian));
    return offset + header.getUint16(60, littleEndian) * header.getUint16(58, littleEndian);
  }
  const offset = header.getUint32(32, littleEndian);
  return offset + header.getUint16(48, littleEndian) * header.getUint16(46, littleEndian);
}
