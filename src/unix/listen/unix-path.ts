// What a Unix socket may be bound to: a path, or on Linux an abstract name. Used by listen-unix.ts.
import { resolve } from "node:path";
import { Failure } from "../../core";
import { attempt } from "./system-failure";

/** sizeof(sun_path) of unix(7) and unix(4), less the 0 behind the path. */
const MAX_BYTES = process.platform === "darwin" ? 103 : 107;

export interface UnixPath {
  /** As it was given. */
  readonly text: string;
  /** The same as a whole path, which stays right when the process goes to another folder. An abstract name as it is. */
  readonly file: string;
  /** The name is not in the file system: nobody owns it, and nothing stays behind. */
  readonly isAbstract: boolean;
}

export function parsePath(text: unknown): UnixPath | Failure {
  if (typeof text !== "string")
    return Failure.ofArgument("the path is neither a string nor what getUnixListener() gave");
  const isAbstract = text.startsWith("\0");
  if (isAbstract && process.platform !== "linux") {
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "abstract names of sockets on Linux only");
  }
  const name = isAbstract ? text.slice(1) : text;
  if (name === "") return Failure.ofArgument("the path is empty");
  // For the system the path would end there.
  if (name.includes("\0")) return Failure.ofArgument("there is a NUL character within the path");
  if (text.endsWith("/") && !isAbstract) return Failure.ofArgument(`the path of a socket can't end with "/": ${text}`);
  const length = lengthOf(text);
  if (length > MAX_BYTES) {
    return Failure.ofArgument(
      `the path of a Unix socket may have ${MAX_BYTES} bytes here, this one has ${length}: ${text}`,
    );
  }
  const file = isAbstract ? text : wholePath(text);
  return file instanceof Failure ? file : { text, file, isAbstract };
}

/**
 * What bind() and connect() are given: `file`, or where that is too long, `text`, as long as the process is where it leads there. When it has
 * gone, the file can't be told to the system any more: ENAMETOOLONG.
 */
export function addressOf({ text, file }: UnixPath): string | undefined {
  if (lengthOf(file) <= MAX_BYTES) return file;
  return wholePath(text) === file ? text : undefined;
}

/**
 * Leaves each ".." after a name to the kernel: the name may be a link, and path.resolve() would drop both. Those at the
 * start are safe, as the path of the process's folder has no links. Fails in a folder that was removed.
 */
function wholePath(text: string): string | Failure {
  if (text.startsWith("/")) return text;
  const [upwards = ""] = /^(\.{1,2}\/+)*/.exec(text) ?? [];
  const folder = attempt(text, () => resolve(upwards));
  return folder instanceof Failure ? folder : `${folder === "/" ? "" : folder}/${text.slice(upwards.length)}`;
}

function lengthOf(path: string): number {
  return Buffer.byteLength(path);
}
