// Colours and other styles of the terminal. Colour is only where something needs attention.

export type Style = "bold" | "inverse" | "red" | "yellow";

const CODES: Readonly<Record<Style, number>> = { bold: 1, inverse: 7, red: 31, yellow: 33 };

/** Which styles are written. */
export type Styles = "none" | "without-colours" | "all";

/** https://no-color.org: the variable may have any value but the empty one. */
export function stylesOf(env: Readonly<NodeJS.ProcessEnv>): Styles {
  return env["NO_COLOR"] ? "without-colours" : "all";
}

export function paint(text: string, style: Style | undefined, styles: Styles): string {
  const isColour = style === "red" || style === "yellow";
  if (style === undefined || styles === "none" || (isColour && styles === "without-colours")) return text;
  return `\x1b[${CODES[style]}m${text}\x1b[0m`;
}
