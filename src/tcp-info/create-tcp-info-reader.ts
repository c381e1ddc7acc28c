// createTcpInfoReader: names of fields → a function from a source to an object with these fields.
import { Failure } from "../errors";
import { findNearest } from "../options";
import type { SocketSource } from "../source/types";
import { wrongValue } from "../values";
import { fieldList, placesOfFields } from "./field-list";
import type { TcpInfoField, TcpInfoFields } from "./fields";
import { readFields } from "./get-tcp-info";

/** Reads the fields that it was made for. A function, with its `try…` form as its property. */
export interface TcpInfoReader<Field extends TcpInfoField> {
  /**
   * `getTcpInfo(source)` with these properties only, in the order of their names at `createTcpInfoReader`.
   *
   * @throws {SocketInfoError} What `getTcpInfo` throws.
   */
  (source: SocketSource): Pick<TcpInfoFields, Field>;
  /**
   * `tryGetTcpInfo(source)` with these properties only. Returns `undefined` when nothing can be read for a reason
   * outside the caller's control.
   *
   * @throws {SocketInfoError} What `tryGetTcpInfo` throws.
   */
  readonly try: (source: SocketSource) => Pick<TcpInfoFields, Field> | undefined;
}

/**
 * Makes a function that does what `getTcpInfo` does, but returns only some of the properties. Beyond the system call,
 * three properties take about half the time of all. Make the function once, and use it for each request.
 *
 * Its results are plain objects with these properties, each with the value and the meaning that it has in the result of
 * `getTcpInfo`. A property that only the other system has is `undefined`. Without `isMptcp` among the names, a reading
 * costs one system call in any case.
 *
 * @param fields - The names of properties of `LinuxTcpInfo` and `DarwinTcpInfo`, at least one, each once. Later
 * changes of the array have no effect.
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` when `fields` is not such an array.
 * @example
 * const readTcp = createTcpInfoReader(["rttMs", "minRttMs", "retransmittedSegments"]);
 * http.createServer((req, res) => {
 *   const { rttMs } = readTcp.try(req) ?? {}; // readTcp(req) throws what getTcpInfo throws.
 *   res.on("finish", () => log.info({ url: req.url, ...readTcp.try(req) })); // undefined: adds nothing.
 * });
 * @see tcp(7)
 */
export function createTcpInfoReader<const Field extends TcpInfoField>(fields: readonly Field[]): TcpInfoReader<Field> {
  const names = readNames(fields);
  if (names instanceof Failure) throw names.toError(createTcpInfoReader);
  const list = fieldList(names);
  const read = (source: SocketSource) => {
    const info = readFields(source, list);
    if (info instanceof Failure) throw info.toError(read);
    return info as Pick<TcpInfoFields, Field>;
  };
  const tryRead = (source: SocketSource) => {
    const info = readFields(source, list);
    return info instanceof Failure ? info.toUndefined(tryRead) : (info as Pick<TcpInfoFields, Field>);
  };
  return Object.assign(read, { try: tryRead });
}

/** Returns a copy. Nothing that the list does can make this throw. */
function readNames(fields: unknown): readonly TcpInfoField[] | Failure {
  try {
    return copyNames(fields);
  } catch (cause) {
    return Failure.ofMistake('The "fields" argument must be readable. One of its properties threw an error', cause);
  }
}

function copyNames(fields: unknown): readonly TcpInfoField[] | Failure {
  if (!Array.isArray(fields)) return wrongValue("fields", "be an array", fields);
  const names: TcpInfoField[] = [];
  for (let index = 0; index < fields.length; index++) {
    const name: unknown = fields[index];
    if (!isField(name)) return refuseName(`fields[${index}]`, name);
    // Refused before the next is read, because a proxy may have any length.
    if (names.includes(name)) return wrongValue(`fields[${index}]`, "be a name that is not in the list before", name);
    names.push(name);
  }
  if (names.length > 0) return names;
  return Failure.ofMistake('The "fields" argument must have at least one name. Received an empty array');
}

function isField(name: unknown): name is TcpInfoField {
  return typeof name === "string" && placesOfFields().has(name);
}

function refuseName(at: string, name: unknown): Failure {
  const nearest = typeof name === "string" ? findNearest(name, [...placesOfFields().keys()]) : undefined;
  const advice = nearest === undefined ? undefined : `Did you mean "${nearest}"?`;
  return wrongValue(at, "be the name of a property of LinuxTcpInfo or DarwinTcpInfo", name, advice);
}
