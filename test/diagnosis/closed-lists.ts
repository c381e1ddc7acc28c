// The closed lists of the types of diagnoseTcp, as data.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../helpers/docs";

/** The members of a union of strings in types.ts. */
export function membersOf(type: string): string[] {
  const code = readFileSync(join(root, "src/diagnosis/types.ts"), "utf8");
  const union = new RegExp(`^export type ${type} =\\n([^;]*);`, "m").exec(code)?.[1] ?? "";
  return [...union.matchAll(/^ *\| "([^"]+)"/gm)].map(([, name]) => name as string);
}
