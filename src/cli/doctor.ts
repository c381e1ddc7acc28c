// sockinfo doctor: what this machine, its kernel, a sandbox and the runtime can answer, and why not.
import { release, type as system } from "node:os";
import process from "node:process";
import { isSupported, otherRuntime } from "../core";
import { clean } from "./clean";
import type { Command, Io } from "./command";
import { examine, type Finding } from "./doctor/examine";
import { jsonLine } from "./json";
import { tableLines } from "./table";
import { VERSION } from "./version";

export const doctor: Command = {
  name: "doctor",
  usage: "[--json]",
  summary: "Say what this machine and runtime can answer, and why not",
  options: { json: { type: "boolean", help: "Print one line of JSON (docs/cli.md has the schema)" } },
  operands: { least: 0, most: 0 },
  needsLinux: false,
  details: [
    "Each line was tried just now, on connections of this process with itself.",
    "Run it as the user and in the container of the server in question.",
    "The exit code is 1 if TCP_INFO can't be read here.",
  ],
  async run({ has }, io) {
    const findings = await examine();
    if (has("json")) io.print(jsonLine({ ...machine(), findings }));
    else printFindings(findings, io);
    return isSupported() ? 0 : 1;
  },
};

function machine(): { readonly [fact: string]: string } {
  const runtime = otherRuntime() ?? "Node";
  const { platform, arch, version } = process;
  return {
    sockinfo: VERSION,
    runtime: `${runtime} ${version}`,
    platform,
    arch,
    kernel: clean(`${system()} ${release()}`),
  };
}

function printFindings(findings: readonly Finding[], io: Io): void {
  const { sockinfo, runtime, platform, arch, kernel } = machine();
  io.print(`sockinfo ${sockinfo}, ${runtime}, ${platform}-${arch}, ${kernel}`, "");
  const cells = findings.map(({ name, works, detail }) => [works, name, detail]);
  const [, ...lines] = tableLines([{ title: "" }, { title: "" }, { title: "" }], cells);
  const colors = { yes: undefined, partly: "yellow", no: "red" } as const;
  io.print(
    ...lines.map((line, index) => {
      const color = colors[findings[index]?.works ?? "yes"];
      return color === undefined ? line : io.paint(color, line);
    }),
  );
}
