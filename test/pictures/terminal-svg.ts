// Draws the screen of tmux (`capture-pane -e -p`) as an SVG. Each word has its own place, so columns stay straight in
// any font.

/** What begins the code of a style. */
const ESCAPE = "\x1b[";
const CELL_WIDTH = 8;
const LINE_HEIGHT = 17;
const MARGIN = 14;
const FONT_SIZE = 13;
const FOREGROUND = "#d8dee6";
const BACKGROUND = "#12161c";
/** The sixteen colours of terminals, dark ones first. */
const COLORS = [
  "#1c222b #f0716b #6cc070 #d9a441 #6aa6f8 #c58af0 #52bfc7 #c3cad3",
  "#7a8492 #ff9a94 #8fdc92 #f0c56a #94c1ff #dbb0ff #7fdce3 #f4f6f8",
]
  .join(" ")
  .split(" ");

interface Style {
  readonly color?: string;
  readonly background?: string;
  readonly isBold?: boolean;
  readonly isDim?: boolean;
  readonly isReverse?: boolean;
}

interface Run {
  readonly column: number;
  readonly text: string;
  readonly style: Style;
}

export function drawTerminal(screen: string, columns: number, title: string): string {
  const lines = screen.replace(/\n+$/, "").split("\n");
  const width = columns * CELL_WIDTH + 2 * MARGIN;
  const height = lines.length * LINE_HEIGHT + 2 * MARGIN;
  let style: Style = {};
  const drawn = lines.map((line, index) => {
    const { runs, last } = runsOf(line, style);
    style = last;
    return drawLine(runs, MARGIN + index * LINE_HEIGHT);
  });
  const font = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>`,
    `<g font-family="${font}" font-size="${FONT_SIZE}" fill="${FOREGROUND}">`,
    ...drawn.filter((line) => line !== ""),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** The text of such a picture, line by line, with its spaces. */
export function textOfPicture(svg: string): string[] {
  const lines: string[] = [];
  for (const [, x, y, text = ""] of svg.matchAll(/<text x="(\d+)" y="(\d+)"[^>]*>([^<]*)</g)) {
    const line = Math.round((Number(y) - MARGIN - FONT_SIZE) / LINE_HEIGHT);
    const column = (Number(x) - MARGIN) / CELL_WIDTH;
    lines[line] = (lines[line] ?? "").padEnd(column) + unescape(text);
  }
  return Array.from(lines, (line) => line ?? "");
}

/** Cuts a line where its style changes, and at spaces. Returns the style at its end, too. */
function runsOf(line: string, first: Style): { runs: Run[]; last: Style } {
  const runs: Run[] = [];
  let style = first;
  let column = 0;
  for (const [index, piece] of line.split(ESCAPE).entries()) {
    const codes = index === 0 ? undefined : /^[\d;]*(?=m)/.exec(piece)?.[0];
    if (codes !== undefined) style = restyle(style, codes);
    const part = codes === undefined ? piece : piece.slice(codes.length + 1);
    const isPainted = style.background !== undefined || style.isReverse === true;
    for (const { 0: text, index: start } of part.matchAll(isPainted ? /.+/gu : /\S+/gu))
      runs.push({ column: column + lengthOf(part.slice(0, start)), text, style });
    column += lengthOf(part);
  }
  return { runs, last: style };
}

function restyle(style: Style, codes: string): Style {
  const numbers = codes.split(";").map(Number);
  let result = style;
  for (let code = numbers.shift(); code !== undefined; code = numbers.shift()) {
    if (code === 0) result = {};
    else if (code === 1) result = { ...result, isBold: true };
    else if (code === 2) result = { ...result, isDim: true };
    else if (code === 7) result = { ...result, isReverse: true };
    else if (code === 27) result = { ...result, isReverse: false };
    else if (code === 22) result = { ...result, isBold: false, isDim: false };
    else if (code >= 30 && code <= 37) result = { ...result, color: colorOf(code - 30) };
    else if (code >= 90 && code <= 97) result = { ...result, color: colorOf(code - 82) };
    else if (code >= 40 && code <= 47) result = { ...result, background: colorOf(code - 40) };
    else if (code >= 100 && code <= 107) result = { ...result, background: colorOf(code - 92) };
    else if (code === 39) result = without(result, "color");
    else if (code === 49) result = without(result, "background");
    else throw new Error(`the picture has no style for the code ${code}`);
  }
  return result;
}

const colorOf = (index: number): string => COLORS[index] ?? FOREGROUND;
const lengthOf = (text: string): number => Array.from(text).length;

function without(style: Style, name: keyof Style): Style {
  return Object.fromEntries(Object.entries(style).filter(([each]) => each !== name));
}

function drawLine(runs: readonly Run[], top: number): string {
  return runs.map((run) => drawRun(run, top)).join("");
}

function drawRun({ column, text, style }: Run, top: number): string {
  const x = MARGIN + column * CELL_WIDTH;
  const width = lengthOf(text) * CELL_WIDTH;
  const [color, background] = style.isReverse
    ? [style.background ?? BACKGROUND, style.color ?? FOREGROUND]
    : [style.color, style.background];
  const fill = color === undefined ? "" : ` fill="${color}"`;
  const weight = style.isBold ? ' font-weight="bold"' : "";
  const opacity = style.isDim ? ' opacity=".6"' : "";
  const place =
    background && `<rect x="${x}" y="${top}" width="${width}" height="${LINE_HEIGHT}" fill="${background}"/>`;
  const length = ` textLength="${width}" lengthAdjust="spacingAndGlyphs" xml:space="preserve"`;
  return `${place ?? ""}<text x="${x}" y="${top + FONT_SIZE}"${length}${fill}${weight}${opacity}>${escape(text)}</text>`;
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const unescape = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
