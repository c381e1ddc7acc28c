// What docs/loading.md says to set for each bundler, in the words that a user copies.
import { tableRows, titledSnippet } from "../helpers/docs";

const rows = tableRows("docs/loading.md", /^(esbuild|webpack|Rollup|Vite|Next\.js)$/);

/** What leaves sockinfo out of the bundle. */
export function external(bundler: string): string {
  // Too long for the table.
  if (bundler === "webpack") return `externals: ${titledSnippet("docs/loading.md", "webpack-externals.json")}`;
  return settingOf(bundler, /external/i);
}

/** What lets an ES module find the folder that it is in. */
export function banner(bundler: string): string {
  return settingOf(bundler, /banner/);
}

function settingOf(bundler: string, kind: RegExp): string {
  const setting = rows.find(([name, , text]) => name === bundler && kind.test(text ?? ""))?.[2];
  if (setting === undefined) throw new Error(`docs/loading.md does not say what to set for ${bundler}`);
  return setting;
}
