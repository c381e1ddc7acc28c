// What a Unix socket may be bound to: a path, or on Linux an abstract name, as the bytes that bind() gets. Used by listen-unix.ts.
import { resolve } from "node:path";
import { Failure } from "../core";

/** sizeof(sun_path) of unix(7) and unix(4), less the 0 behind the path. */
const MAX_BYTES = process.platform === "darwin" ? 103 : 107;

export interface UnixPath {
  /** As it was given, and is given to bind(): a relative one may be short where the whole would be too long. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** The name is not in the file system: nobody owns it, and nothing stays behind. */
  readonly isAbstract: boolean;
  /** The whole path, which stays right when the process goes to another folder. */
  readonly file: string;
}

export function parsePath(text: unknown): UnixPath | Failure {
  if (typeof text !== "string") return invalid("the path is neither a string nor what unixListener() gave");
  const isAbstract = text.startsWith("\0");
  if (isAbstract && process.platform !== "linux") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "abstract names of sockets on Linux only");
  }
  const name = isAbstract ? text.slice(1) : text;
  if (name === "") return invalid("the path is empty");
  // For the system the path would end there.
  if (name.includes("\0")) return invalid("there is a NUL character within the path");
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > MAX_BYTES) {
    return invalid(`the path of a Unix socket may have ${MAX_BYTES} bytes here, this one has ${bytes.length}: ${text}`);
  }
  return { text, bytes, isAbstract, file: isAbstract ? text : resolve(text) };
}

function invalid(detail: string): Failure {
  return Failure.of("ERR_SOCKINFO_INVALID_ARGUMENT", detail);
}
