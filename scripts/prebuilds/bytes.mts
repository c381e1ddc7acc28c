// Reads numbers and strings from the bytes of a file. Throws a RangeError beyond the end.

export class Bytes {
  readonly #view: DataView;
  readonly #littleEndian: boolean;

  constructor(bytes: Uint8Array, endianness: "little" | "big") {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = endianness === "little";
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.#littleEndian);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian);
  }

  /** A number is enough: offsets and sizes in our files are small, and tags and flags have no high bits. */
  u64(at: number): number {
    return Number(this.#view.getBigUint64(at, this.#littleEndian));
  }

  /** The string that ends at the next zero. */
  text(at: number): string {
    let text = "";
    for (let end = at; this.u8(end) !== 0; end++) text += String.fromCodePoint(this.u8(end));
    return text;
  }
}
