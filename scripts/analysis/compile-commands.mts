// How binding.gyp has each native file compiled, by gyp's own word. Used by tidy.mts and warnings.mts.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { copySources, nodeGyp } from "./node-gyp.mts";

/** A branch of binding.gyp's conditions, by gyp's name of its system; FreeBSD stands for every other system. */
export type Branch = "linux" | "mac" | "freebsd";

export interface CompileCommand {
  readonly branch: Branch;
  /** From the root of the repository: `native/addon.cc`. */
  readonly file: string;
  readonly parameters: readonly string[];
}

/** `headers`: the folder of those of another Node than this one. */
export function compileCommands(branch: Branch, headers?: string): CompileCommand[] {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-compile-commands-"));
  try {
    copySources(folder);
    nodeGyp(folder, "configure", ["-f", "compile_commands_json", `-DOS=${branch}`], { headers });
    const commands: { command: string; file: string }[] = JSON.parse(
      readFileSync(join(folder, "build/Release/compile_commands.json"), "utf8"),
    );
    return commands.map(({ command, file }) => ({
      branch,
      file: relative(folder, file),
      parameters: splitCommand(command).slice(1, -2).flatMap(asSystemHeaders),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** gyp quotes with double quotes and backslashes only. */
function splitCommand(command: string): string[] {
  return (command.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? []).map((word) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)"/g, (_, quoted: string) => quoted.replaceAll(/\\(.)/g, "$1")),
  );
}

/** Every folder of headers that gyp adds is somebody else's (Node's, node-addon-api's): warnings in there are not ours. */
function asSystemHeaders(parameter: string): string[] {
  return parameter.startsWith("-I") ? ["-isystem", parameter.slice(2)] : [parameter];
}
