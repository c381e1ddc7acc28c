// The compiler's command line for each native file, as gyp derives it from binding.gyp.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { copySources, nodeGyp } from "./node-gyp.mts";

/**
 * A branch of the conditions in binding.gyp, by gyp's name of the system. FreeBSD stands for all unsupported systems.
 */
export type Branch = "linux" | "mac" | "freebsd";

export interface CompileCommand {
  readonly branch: Branch;
  /** Relative to the root of the repository: `native/addon.cc`. */
  readonly file: string;
  readonly parameters: readonly string[];
}

/** `headers` is the folder with the headers of another Node. Default: those of this Node. */
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

/** Undoes gyp's quoting, which uses only double quotes and backslashes. */
function splitCommand(command: string): string[] {
  return (command.match(/(?:"(?:\\.|[^"\\])*"|[^\s"])+/g) ?? []).map((word) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)"/g, (_, quoted: string) => quoted.replaceAll(/\\(.)/g, "$1")),
  );
}

/** gyp adds only folders with headers of Node and node-addon-api. Compilers ignore warnings in system headers. */
function asSystemHeaders(parameter: string): string[] {
  return parameter.startsWith("-I") ? ["-isystem", parameter.slice(2)] : [parameter];
}
