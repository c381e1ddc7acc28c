// Text of a given width. Letters of East Asia take two columns, accents none.
import { widthOf } from "../clean";

/** The characters of the screen that depend on the terminal. */
export interface Charset {
  readonly isUtf8: boolean;
  /** Stands for what was cut off. */
  readonly ellipsis: string;
  readonly descending: string;
  readonly ascending: string;
}

const UTF8: Charset = { isUtf8: true, ellipsis: "…", descending: "▼", ascending: "▲" };
const ASCII: Charset = { isUtf8: false, ellipsis: "~", descending: "v", ascending: "^" };

/** By the variables of locale(7), the first that is set. */
export function charsetOf(env: Readonly<NodeJS.ProcessEnv>): Charset {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value) ?? "";
  return /utf-?8/i.test(locale) ? UTF8 : ASCII;
}

/** Characters that the terminal can't show become `?`. */
export function inCharset(text: string, { isUtf8 }: Charset): string {
  return isUtf8 ? text : text.replaceAll(/[^ -~]/gu, "?");
}

/** Pads or cuts `text` to exactly `width` columns. */
export function fit(text: string, width: number, charset: Charset, isNumber = false): string {
  const cut = cutTo(text, width, charset);
  const spaces = " ".repeat(width - widthOf(cut));
  return isNumber ? spaces + cut : cut + spaces;
}

/** At most `width` columns. */
export function cutTo(text: string, width: number, charset: Charset): string {
  if (widthOf(text) <= width) return text;
  if (width <= 0) return "";
  let [start, used] = ["", 0];
  for (const character of text) {
    used += widthOf(character);
    if (used > width - 1) break;
    start += character;
  }
  return start + charset.ellipsis;
}

/** Lines of at most `width` columns, broken at spaces. Words that are longer than a line are cut. */
export function wrap(text: string, width: number, charset: Charset): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines.map((each) => cutTo(each, width, charset));
}
