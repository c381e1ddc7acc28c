// The closed lists of the types of diagnoseTcp, as data.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../helpers/docs";

const code = readFileSync(join(root, "src/diagnosis/types.ts"), "utf8");

/** The causes of all verdicts. */
export function causes(): string[] {
  const lines = /^export interface TcpCauses \{\n([^}]*)\}/m.exec(code)?.[1] ?? "";
  return [...lines.matchAll(/(?<=[:|] )"([^"]+)"/g)].map(([, name]) => name as string);
}

/** The members of a union of strings in types.ts. */
export function membersOf(type: string): string[] {
  const union = new RegExp(`^export type ${type} =\\n([^;]*);`, "m").exec(code)?.[1] ?? "";
  return [...union.matchAll(/^ *\| "([^"]+)"/gm)].map(([, name]) => name as string);
}
