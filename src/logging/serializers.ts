// Serializers for pino, and so for pino-http and Fastify.
import { Failure } from "../core";
import { isConnection, toDescription } from "./describe-connection";
import { tryDescribeTcp } from "./describe-tcp";

/**
 * Serializers for pino, by the keys of log lines. pino calls them only for lines that it writes. So a line whose level
 * is off makes no system call. They never throw, because other libraries may log under the same keys.
 *
 * - `tcp` turns a request, or another source, into the result of `describeTcp`. Texts, numbers, arrays and
 *   plain objects stay as they are. Any other object without a connection is left out, because it may hold secrets.
 * - `connection` turns a tracked connection into the result of `describeConnection`, and leaves all else unchanged.
 *
 * @example
 * const log = pino({ serializers });
 * log.debug({ tcp: req }, "slow"); // Reads TCP_INFO only if "debug" is written.
 */
export const serializers: {
  readonly tcp: (value: unknown) => unknown;
  readonly connection: (value: unknown) => unknown;
} = {
  tcp(value) {
    if (typeof value !== "object" || value === null) return value;
    const description = tryDescribeTcp(value);
    if (description !== undefined && !(description instanceof Failure)) return description;
    return isPlain(value) ? value : undefined;
  },
  connection: (value) => (isConnection(value) ? toDescription(value) : value),
};

/** Whether other code may have logged the value under the same key: an array, or an object without a class. */
function isPlain(value: object): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === Object.prototype || prototype === null || Array.isArray(value);
  } catch {
    return false;
  }
}
