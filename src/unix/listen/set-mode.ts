// Changes the mode of a file without following a link.
import { chmodSync } from "node:fs";
import { Failure, type NativeBinding } from "../../core";
import { attempt } from "./system-failure";

/** The errors of chmod() if /proc is not mounted, if a file is in its place, or if the process may not search it. */
const NO_PROC: readonly string[] = ["ENOENT", "ENOTDIR", "EACCES"];

/**
 * For Linux. `fd` was opened with O_PATH, so fchmod() does not accept it. Its entry in /proc leads to the file, even
 * if another file has the name by now.
 */
export function setModeOfFile(binding: NativeBinding, file: string, fd: number, mode: number): Failure | undefined {
  const changed = attempt(file, () => chmodSync(`/proc/self/fd/${fd}`, mode));
  if (!(changed instanceof Failure)) return undefined;
  if (!NO_PROC.includes(changed.code)) return changed;
  // This call is the last resort, because a sandbox without a rule for it may end the process.
  const reason = `there is no usable /proc (chmod ${changed.code})`;
  const remedy = `Mount it, or set a umask that leaves the mode ${mode.toString(8)}`;
  const error = binding.setModeOfFile(fd, mode);
  return error < 0 ? Failure.ofSystem(error, "fchmodat2", `${file}, and ${reason}. ${remedy}`) : undefined;
}

/** For macOS. */
export function setModeOfPath(binding: NativeBinding, file: string, mode: number): Failure | undefined {
  const error = binding.setModeOfPath(new TextEncoder().encode(`${file}\0`), mode);
  return error < 0 ? Failure.ofSystem(error, "fchmodat", file) : undefined;
}
