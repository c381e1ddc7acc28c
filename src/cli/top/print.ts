// Without a terminal: one table, or a line of JSON for each look.
import type { ExitCode, Io } from "../command";
import { nothingMatches } from "./filter";
import type { TopFrame } from "./frame";
import { tableLines } from "./screen";
import type { TopSource } from "./source";
import { statesText } from "./totals";
import { charsetOf } from "./text";
import type { View } from "./view";

/** Wide enough for every column and the longest addresses. */
const TABLE_WIDTH = 400;
const JSON_ROWS = 100;
const JSON_VERSION = 1;

/** Two looks, because rates and verdicts need an interval. Then all rows of the second one. */
export async function printOnce(source: TopSource, title: string, view: View, io: Io): Promise<ExitCode> {
  const question = { ...view, first: 0, count: Infinity };
  const frame = await new Promise<TopFrame>((resolve, reject) => {
    let looks = 0;
    const onLook = (): void => {
      const latest = source.frame(question);
      looks++;
      if (latest !== undefined && looks >= 2) resolve(latest);
    };
    source.start({ onLook, onFailure: reject }, question);
  });
  source.close();
  const surface = { columns: TABLE_WIDTH, rows: Infinity, charset: charsetOf(io.env), styles: "none" } as const;
  const table = tableLines(frame.rows, view, source.isPage, surface);
  if (frame.matching === 0 && view.filter !== "") table.push(nothingMatches(source.isPage));
  io.print(...[`sockinfo top ${title}`.trimEnd(), statesText(frame.totals), ...table].map((line) => line.trimEnd()));
  if (frame.note !== undefined) io.printError(frame.note);
  return 0;
}

/**
 * One line for each look, until the program is ended. While its reader is behind, looks are left out, so that they do
 * not pile up. Rejects if the source fails.
 */
export async function printJson(source: TopSource, view: View, io: Io): Promise<ExitCode> {
  const question = { ...view, first: 0, count: JSON_ROWS };
  let takenAt: string | undefined;
  return new Promise((_, reject) => {
    const onLook = (): void => {
      const frame = source.frame(question);
      if (io.stdout.writableLength > 0 || frame === undefined || frame.takenAt === takenAt) return;
      takenAt = frame.takenAt;
      io.print(JSON.stringify({ version: JSON_VERSION, ...frame }));
    };
    source.start({ onLook, onFailure: reject }, question);
  });
}
