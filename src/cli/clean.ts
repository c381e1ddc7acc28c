// Text from elsewhere (names of processes, paths, the answer of a page) before it reaches a terminal.

const LONGEST = 200;

/**
 * Control characters (C0, DEL, C1), format characters (among them those that change the direction of text), halves of
 * surrogate pairs, and line separators.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Replaces each character that could change the terminal or hide itself by `?`, as ps(1) does, and cuts the text after
 * `longest` characters. Takes anything: what is not a string is printed as `String()` would.
 */
export function clean(text: unknown, longest: number = LONGEST): string {
  // Cut before the search, because the text may have any length. A character has two units at most.
  const start = String(text).slice(0, 2 * longest + 2);
  const characters = Array.from(start.replaceAll(UNSAFE, "?"));
  return characters.length <= longest ? characters.join("") : `${characters.slice(0, longest - 3).join("")}...`;
}

/** The columns that a terminal needs for a text without control characters. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += isAscii(character) ? 1 : widthOfCharacter(character);
  return width;
}

function isAscii(character: string): boolean {
  return character <= "~";
}

/** The blocks of East Asian letters, which take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

function widthOfCharacter(character: string): number {
  if (/^\p{M}/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
