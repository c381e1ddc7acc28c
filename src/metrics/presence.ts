// Whether this system has a value. The readings decide. Before the first reading, the layout of the struct does.
import { layout } from "../core";
import { FIELDS, type Reading } from "./tcp-counters";

/** Reads the value. `undefined` if the reading lacks it. */
type Read = (reading: Reading) => number | undefined;

export class Presence {
  /** The values that no reading has had. */
  readonly #missing = new Set<Read>();
  #hasReading = false;

  constructor(values: Iterable<Read>) {
    for (const read of values) this.#missing.add(read);
  }

  note(reading: Reading): void {
    this.#hasReading = true;
    // Nearly always empty after the first reading.
    for (const read of this.#missing) if (read(reading) !== undefined) this.#missing.delete(read);
  }

  has(read: Read): boolean {
    return this.#hasReading ? !this.#missing.has(read) : isExpected(read);
  }
}

/** A reading of zeros, with the fields that this system's struct has when it is complete. */
let zeros: Reading | undefined;

/** Whether this system's struct has the value when it is complete. */
export function isExpected(read: Read): boolean {
  if (process.platform !== "linux" && process.platform !== "darwin") return false;
  zeros ??= Object.fromEntries(FIELDS.filter((name) => layout.fields.includes(name)).map((name) => [name, 0]));
  return read(zeros) !== undefined;
}
