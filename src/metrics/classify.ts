// The class of a connection, which the caller's function chooses. The number of classes is limited, because each class
// is a series of every metric.
import type { Connection } from "../connections";

/** Returns the class of a connection: one of a few strings that the caller knows beforehand. */
export type Classify<Context = unknown> = (connection: Connection<Context>) => string;

const MAX_CLASSES = 20;
const MAX_LENGTH = 100;
const OTHER = "other";

export class Classifier {
  readonly #known = new Set<string>();
  #hasWarned = false;

  /** Returns `"other"` if `classify` throws, does not return such a string, or returns too many different ones. */
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
      `The "options.classify" function of registerMetrics() ${problem}. Such connections are of the class "other"`,
      "SocketInfoWarning",
    );
  }
}
