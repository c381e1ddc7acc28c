// The tables and snippets of docs/ as data, so that tests can compare the documentation with the code.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..", "..");

/** README.md and every page of docs/. */
export const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .toSorted(),
];

/** The cells of every table row whose first cell matches; code marks are dropped. */
function rowsOf(text: string, firstCell: RegExp): string[][] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    )
    .filter(([first]) => firstCell.test(first ?? ""));
}

export function tableRows(file: string, firstCell: RegExp): string[][] {
  return rowsOf(readFileSync(join(root, file), "utf8"), firstCell);
}

export interface Snippet {
  /** `js`, `ts`, `sh` or `json`. */
  readonly language: string;
  /** A file name, if the snippet is a file: a test writes it. */
  readonly title: string | undefined;
  readonly code: string;
}

/** Every "```<language> <title>" in a file of the documentation. */
export function snippetsOf(file: string): Snippet[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)].map(([, language = "", title, code = ""]) => {
    return { language, title, code };
  });
}

export function titledSnippet(file: string, title: string): string {
  const found = snippetsOf(file).find((snippet) => snippet.title === title);
  if (!found) throw new Error(`${file} has no snippet ${title}`);
  return found.code;
}

export interface DocumentedField {
  /** The kernel's name, `tcpi_…`. */
  readonly field: string;
  readonly property: string;
  readonly unit: string;
  /** The first kernel that has it; empty for macOS. */
  readonly since: string;
}

function fieldsBelow(heading: string): DocumentedField[] {
  const text = readFileSync(join(root, "docs/tcp-info.md"), "utf8");
  const section = text.slice(text.indexOf(heading)).split("\n## ")[0] ?? "";
  return rowsOf(section, /^tcpi_/).map(([field = "", property = "", unit = "", ...more]) => ({
    field,
    property,
    unit,
    since: more.length === 2 ? (more[0] ?? "") : "",
  }));
}

export const linuxFields = fieldsBelow("## Linux:");
export const darwinFields = fieldsBelow("## macOS:");
