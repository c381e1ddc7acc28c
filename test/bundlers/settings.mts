// The settings that docs/loading.md has for each bundler, as a user copies them.
import { tableRows, titledSnippet } from "../helpers/docs";

const rows = tableRows("docs/loading.md", /^(esbuild|webpack|Rollup|Vite|Next\.js)$/);

/** The setting that leaves sockinfo out of the bundle. */
export function external(bundler: string): string {
  // Too long for the table.
  if (bundler === "webpack") return `externals: ${titledSnippet("docs/loading.md", "webpack-externals.json")}`;
  return settingOf(bundler, /external/i);
}

/** The setting that lets an ES module find its own folder. */
export function banner(bundler: string): string {
  return settingOf(bundler, /banner/);
}

function settingOf(bundler: string, kind: RegExp): string {
  const setting = rows.find(([name, , text]) => name === bundler && kind.test(text ?? ""))?.[2];
  if (setting === undefined) throw new Error(`docs/loading.md has no such setting for ${bundler}`);
  return setting;
}
