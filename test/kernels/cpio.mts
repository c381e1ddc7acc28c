// Writes archives in the format of initial file systems. Root owns all files in them.
// Format: https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";

const FOLDER = 0o040_755;
const FILE = 0o100_000;
const LINK = 0o120_777;

export class CpioArchive {
  readonly #parts: Uint8Array[] = [];
  readonly #folders = new Set(["."]);
  #entries = 0;

  /** Adds a folder and its parents. */
  addFolder(path: string): void {
    if (this.#folders.has(path)) return;
    this.addFolder(dirname(path));
    this.#folders.add(path);
    this.#add(path, FOLDER);
  }

  addFile(path: string, content: string | Uint8Array, mode = 0o644): void {
    this.addFolder(dirname(path));
    this.#add(path, FILE | mode, Buffer.from(content));
  }

  /** Adds a file, or a folder with its contents. */
  addCopy(path: string, source: string): void {
    const stat = lstatSync(source);
    if (stat.isDirectory()) {
      this.addFolder(path);
      for (const name of readdirSync(source)) this.addCopy(join(path, name), join(source, name));
    } else if (stat.isSymbolicLink()) {
      this.addFolder(dirname(path));
      this.#add(path, LINK, Buffer.from(readlinkSync(source)));
    } else {
      this.addFile(path, readFileSync(source), stat.mode & 0o777);
    }
  }

  finish(): readonly Uint8Array[] {
    this.#add("TRAILER!!!", 0);
    return this.#parts;
  }

  #add(path: string, mode: number, content: Uint8Array = Buffer.alloc(0)): void {
    const name = `${path}\0`;
    // Inode, mode, uid, gid, links, time, size, the device's two numbers, a special file's two, length of the name,
    // checksum.
    const numbers = [++this.#entries, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
    const head = `070701${numbers.map((number) => number.toString(16).padStart(8, "0")).join("")}${name}`;
    this.#parts.push(...padded(Buffer.from(head)), ...padded(content));
  }
}

/** Headers and contents start at multiples of four. */
function padded(bytes: Uint8Array): Uint8Array[] {
  return [bytes, Buffer.alloc(-bytes.length & 3)];
}
