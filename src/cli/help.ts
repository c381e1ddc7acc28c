// The texts of --help. Each fits on one screen of 80 columns and 24 lines.
import { COMMON } from "./arguments";
import type { Command, Option } from "./command";

export function helpOfAll(commands: readonly Command[], options: Readonly<Record<string, Option>>): string[] {
  return [
    "Usage: sockinfo <command> [options]",
    "",
    "Shows the TCP connections of this machine and what slows them down.",
    "",
    "Commands:",
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    "",
    "Options:",
    ...optionLines(options),
    "",
    "sockinfo <command> --help says more about a command.",
    "Exit codes: 0 done; 1 no such thing, or it can't be had; 2 not understood.",
  ];
}

export function helpOf({ name, usage, summary, options, details = [] }: Command): string[] {
  return [
    usageOf(name, usage),
    "",
    `${summary}.`,
    "",
    "Options:",
    ...optionLines({ ...options, ...COMMON }),
    ...(details.length > 0 ? ["", ...details] : []),
  ];
}

export function usageOf(name: string, usage: string): string {
  return `Usage: sockinfo ${name} ${usage}`.trimEnd();
}

function optionLines(options: Readonly<Record<string, Option>>): string[] {
  return columns(
    Object.entries(options).map(([name, { short, value, help }]) => [
      `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
      help,
    ]),
  );
}

function columns(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
