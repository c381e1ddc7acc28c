// `npx sockinfo`: the table of commands, and what all of them have in common.
import process from "node:process";
import { inspect } from "node:util";
import { SocketInfoError } from "../core";
import { COMMON, didYouMean, readArguments, readOptions } from "./arguments";
import { closed } from "./closed";
import { type Command, type ExitCode, ExpectedError, type Io, type Option, UsageError } from "./command";
import { doctor } from "./doctor";
import { helpOf, helpOfAll, usageOf } from "./help";
import { listeners } from "./listeners";
import { show } from "./show";
import { top } from "./top/top";
import { unixPeers } from "./unix-peers";
import { VERSION } from "./version";

const COMMANDS: readonly Command[] = [top, listeners, show, closed, unixPeers, doctor];

const ELSEWHERE = "On other systems, sockinfo top shows the connections of a server that has a page (sockinfo/page)";

const OPTIONS: Readonly<Record<string, Option>> = {
  ...COMMON,
  version: { type: "boolean", short: "v", help: "Print the version of sockinfo" },
};

/** Never rejects. @param args - The arguments after the name of the program. */
export async function main(args: readonly string[], io: Io): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name.startsWith("-")) return withoutCommand(args, io);
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    const suggestion = didYouMean(
      name,
      COMMANDS.map((each) => each.name),
    );
    return refuse(io, `Unknown command "${name}"${suggestion}`, "Run sockinfo --help for the list of commands");
  }
  return run(command, rest, io);
}

function withoutCommand(args: readonly string[], io: Io): ExitCode {
  try {
    const read = readOptions(OPTIONS, args);
    if (read.has("version")) io.print(VERSION);
    else if (read.has("help")) io.print(...helpOfAll(COMMANDS, OPTIONS));
    else return refuse(io, "A command is missing", ...helpOfAll(COMMANDS, OPTIONS));
    return 0;
  } catch (error) {
    return explain(error, io, "Run sockinfo --help");
  }
}

async function run(command: Command, args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const read = readArguments(command, args);
    if (read.has("help")) {
      io.print(...helpOf(command));
      return 0;
    }
    if (!command.needsLinux || process.platform === "linux") return await command.run(read, io);
    io.printError(`"${command.name}" asks Linux's kernel. ${ELSEWHERE}`);
    return 1;
  } catch (error) {
    return explain(error, io, usageOf(command.name, command.usage));
  }
}

function explain(error: unknown, io: Io, usage: string): ExitCode {
  if (error instanceof UsageError) return refuse(io, error.message, usage);
  const isExpected =
    error instanceof ExpectedError ||
    error instanceof SocketInfoError ||
    (error instanceof Error && "syscall" in error);
  io.printError(isExpected ? error.message : `This is a fault of sockinfo: ${inspect(error)}`);
  return 1;
}

function refuse(io: Io, message: string, ...lines: readonly string[]): ExitCode {
  io.printError([message, ...lines].join("\n"));
  return 2;
}
