// Parses the report files of the sanitizers.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

export const SYMBOLIZER = "llvm-symbolizer-19";

export interface Report {
  readonly pid: number;
  /**
   * Every error counts. A leak may belong to Node or to a program that a test runs. "leaks unknown" comes from a
   * process that has changed its user id: the sanitizer can't search it for leaks.
   */
  readonly kind: "error" | "leak of ours" | "leak of others" | "leaks unknown";
  /** The text of the sanitizer, for a leak only that of one place. */
  readonly text: string;
}

/** Whether the report is about a deliberate mistake. */
export const isCanary = ({ text }: Report): boolean => text.includes("/canary.cc:");

const FRAME = /\((\/[^()]+)\+(0x[0-9a-f]+)\).*/g;

/**
 * Reads and removes the files, which are named `report.<pid>`. `binary` replaces the paths of its copies, which tests
 * have removed.
 */
export function takeReports(folder: string, binary: string): Report[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8").replaceAll(/\(\/[^()]+\/sockinfo\.node\+/g, `(${binary}+`);
    rmSync(path);
    return parse(Number(name.split(".").at(-1)), text);
  });
}

function parse(pid: number, text: string): Report[] {
  if (text.includes("LeakSanitizer has encountered a fatal error")) return [{ pid, kind: "leaks unknown", text }];
  const [head = "", ...leaks] = text.split(/^(?=(?:Direct|Indirect) leak of )|^SUMMARY: .* leaked in .*/m);
  const error = head.replace(/=+\n==\d+==ERROR: LeakSanitizer: detected memory leaks/, "").trim();
  return [
    ...(error === "" ? [] : [{ pid, kind: "error" as const, text: symbolize(error) }]),
    ...leaks.filter((leak) => leak.trim() !== "").map((leak) => parseLeak(pid, leak.trim())),
  ];
}

/** A leak is ours if our module allocated it, or Node-API on its behalf. Allocations of V8 for its heap are V8's. */
function parseLeak(pid: number, raw: string): Report {
  if (!raw.includes("sockinfo.node+")) return { pid, kind: "leak of others", text: raw };
  const text = symbolize(raw);
  const [callees = ""] = text.split("sockinfo.node");
  return { pid, kind: callees.includes("v8::internal::") ? "leak of others" : "leak of ours", text };
}

/** Replaces addresses by names and lines. The processes do not do it themselves, because each would need seconds. */
function symbolize(text: string): string {
  const addresses = [...text.matchAll(FRAME)].map(([, module, offset]) => `"${module}" ${offset}`);
  const { stdout } = spawnSync(SYMBOLIZER, ["--no-inlines", "--pretty-print"], {
    input: addresses.join("\n"),
    encoding: "utf8",
  });
  const names = stdout.split("\n\n").map((name) => name.trim());
  let index = 0;
  return text.replaceAll(FRAME, (_, module: string) => `${names[index++]} (${module})`);
}
