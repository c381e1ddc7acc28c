// The class of a connection, which the caller's function chooses. The number of classes is limited, because each
// class adds a series to every metric.
import type { Connection } from "../connections";

/** Returns the class of a connection: one of a few strings that the caller knows beforehand. */
export type Classify<Context = unknown> = (connection: Connection<Context>) => string;

const MAX_CLASSES = 20;
const MAX_LENGTH = 100;
const OTHER = "other";

export class Classifier {
  readonly #known = new Set<string>();
  #hasWarned = false;

  /** Returns `"other"` if `classify` throws, returns a wrong value, or has returned too many different classes. */
  classOf(connection: Connection, classify: Classify): string {
    const name = this.#call(connection, classify);
    if (name === undefined || this.#known.has(name)) return name ?? OTHER;
    if (name === OTHER || this.#known.size >= MAX_CLASSES) return OTHER;
    this.#known.add(name);
    return name;
  }

  #call(connection: Connection, classify: Classify): string | undefined {
    try {
      const name: unknown = classify(connection);
      if (typeof name === "string" && name !== "" && name.length <= MAX_LENGTH) return name;
      this.#warn(`must return a string of 1 to ${MAX_LENGTH} characters`);
    } catch {
      this.#warn("threw an error");
    }
    return undefined;
  }

  #warn(problem: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(
      `The "classify" function of the metrics ${problem}. Such connections get the class "other"`,
      "SocketInfoWarning",
    );
  }
}
