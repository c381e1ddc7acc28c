// Checks the path that a Unix socket will be bound to, or on Linux its abstract name.
import { resolve } from "node:path";
import { Failure, wrongValue } from "../../core";
import { attempt } from "./system-failure";

/** sizeof(sun_path) of unix(7) and unix(4), minus the 0 at the end. */
const MAX_BYTES = process.platform === "darwin" ? 103 : 107;

export interface UnixPath {
  /** As the caller wrote it. */
  readonly text: string;
  /** The absolute path, which stays right after chdir(). An abstract name is unchanged. */
  readonly file: string;
  /** Whether the name is not in the file system. Then it has no owner, and leaves no file. */
  readonly isAbstract: boolean;
}

export function parsePath(text: unknown): UnixPath | Failure {
  if (typeof text !== "string") return wrongValue("where", "be a path or a listener of getUnixListener()", text);
  const isAbstract = text.startsWith("\0");
  if (isAbstract && process.platform !== "linux") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "abstract names of sockets exist on Linux only");
  }
  const name = isAbstract ? text.slice(1) : text;
  if (name === "") return wrongValue("where", "be a path that is not empty", text);
  // The system would take a null byte for the end of the path.
  if (name.includes("\0")) return wrongValue("where", "be a path without null bytes", text);
  if (text.endsWith("/") && !isAbstract) return wrongValue("where", 'be a path that does not end with "/"', text);
  const length = lengthOf(text);
  if (length > MAX_BYTES) {
    return Failure.ofMistake(
      `The "where" argument must be a path of at most ${MAX_BYTES} bytes. Received ${length} bytes: ${text}`,
    );
  }
  const file = isAbstract ? text : absolutePath(text);
  return file instanceof Failure ? file : { text, file, isAbstract };
}

/**
 * The path for bind() and connect(): `file`, or `text` if `file` is too long. After chdir(), `text` leads elsewhere.
 * Then the system accepts neither, and this returns `undefined`, for ENAMETOOLONG.
 */
export function addressOf({ text, file }: UnixPath): string | undefined {
  if (lengthOf(file) <= MAX_BYTES) return file;
  return absolutePath(text) === file ? text : undefined;
}

/**
 * Keeps each ".." after a name for the kernel: the name may be a link, and path.resolve() would drop both. Resolves
 * those at the start, because the path of the current folder has no links. Fails in a folder that was removed.
 */
function absolutePath(text: string): string | Failure {
  if (text.startsWith("/")) return text;
  const [upwards = ""] = /^(\.{1,2}\/+)*/.exec(text) ?? [];
  const folder = attempt(text, () => resolve(upwards));
  return folder instanceof Failure ? folder : `${folder === "/" ? "" : folder}/${text.slice(upwards.length)}`;
}

function lengthOf(path: string): number {
  return Buffer.byteLength(path);
}
