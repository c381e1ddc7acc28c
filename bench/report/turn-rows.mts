// The rows of servers that took turns: what each does in a second, and its processor's time for that.
import type { Turn } from "../connections/served.mts";
import type { Turns } from "../connections/take-turns.mts";
import { ratioSpread, spread } from "../measure/statistics.mts";
import { factors, ratioRow, timeRow, type Row } from "./section.mts";

export interface TurnLabels {
  /** Before each row. */
  readonly way: string;
  /** What is counted: "request". */
  readonly unit: string;
  /** The least that each kind must keep, if any. */
  limitOf(kind: string): number | undefined;
  /** The most CPU time that each kind may take, if there is a limit. */
  cpuLimitOf?(kind: string): number | undefined;
}

/** The first of the kinds is what the others are set against. */
export function turnRows(turns: Turns, { way, unit, limitOf, cpuLimitOf = () => undefined }: TurnLabels): Row[] {
  const kinds = Object.keys(turns);
  const floor = kinds[0] as string;
  return [
    ...kinds.map((kind) =>
      rateRow(`${way}: ${unit}s per second ${kind}`, turns, { kind, floor, limit: limitOf(kind) }),
    ),
    ...kinds.map((kind) =>
      cpuRow(`${way}: server's CPU time per ${unit} ${kind}`, turns, { kind, floor, limit: cpuLimitOf(kind) }),
    ),
  ];
}

interface Compared {
  readonly kind: string;
  readonly floor: string;
  readonly limit?: number | undefined;
}

function rateRow(what: string, turns: Turns, { kind, floor, limit }: Compared): Row {
  const rates = (of: string) => (turns[of] as Turn[]).map((turn) => turn.requestsPerSecond);
  const time = `${Math.round(spread(rates(kind)).median).toLocaleString("en")}/s`;
  if (kind === floor) return { what, time, ratio: "", to: "", limit: "", reached: undefined };
  const ratio = ratioSpread(rates(kind), rates(floor));
  return {
    what,
    time,
    ratio: factors(ratio),
    to: floor,
    limit: limit === undefined ? "" : `≥ ${limit}`,
    reached: limit === undefined ? undefined : ratio.median >= limit,
  };
}

function cpuRow(what: string, turns: Turns, { kind, floor, limit }: Compared): Row {
  const times = (of: string) => (turns[of] as Turn[]).map((turn) => turn.nanosecondsPerRequest);
  if (kind === floor) return timeRow(what, times(kind));
  return ratioRow(what, times(kind), { name: floor, samples: times(floor) }, limit);
}
