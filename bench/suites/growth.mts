// What a connection costs when there are few or many others: whether all costs grow in step with the connections.
import { GrowthProcess } from "../connections/growth-process.mts";
import { interleave, type Variant } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { quietest, ratioSpread, spread } from "../measure/statistics.mts";
import { type Curve, growthBars, growthTable } from "../report/growth-chart.mts";
import { atMost, formatRatio, type Limit, type Row, type Section } from "../report/section.mts";

const C_LOOP = "C loop: TCP_INFO";
const NEW = "a new connection";
const NEW_PER_ROUND = 50;
/** With fewer connections, the memory that the process takes for other things meanwhile is too large a part. */
const LEAST_FOR_MEMORY = 1000;

/** More sockets are outside of the processor's caches, and so are Node's objects for them. */
const CPU_LIMIT = atMost(1.5);
const MEMORY_LIMIT = atMost(1.1);

/** One number of connections, in two processes. */
interface Size {
  readonly count: number;
  readonly tracked: GrowthProcess;
  readonly untracked: GrowthProcess;
}

/** What each connection costs. */
interface Cost {
  readonly what: string;
  readonly unit: Curve["unit"];
  /** For each number of connections, one sample for each round. */
  readonly samples: readonly (readonly number[])[];
  /** What grows as it must. */
  readonly base?: Cost | undefined;
  readonly limit?: Limit;
}

export async function growth({ growth: { connections: wanted, ...rounds } }: SampleSize): Promise<Section> {
  const sizes: Size[] = [];
  for (const connections of wanted) sizes.push(await open(connections));
  const samples = await interleave(variantsOf(sizes), rounds);
  const costs = [...cpuCosts(sizes, samples), ...memoryCosts(sizes)];
  for (const { tracked, untracked } of sizes) [tracked, untracked].forEach((process) => process.stop());

  const counts = sizes.map(({ count }) => count);
  const curves = costs.map((cost): Curve => ({ ...cost, costs: cost.samples.map(quietest) }));
  const most = wanted.at(-1) as number;
  const fewer = counts.at(-1) === most ? "" : ` The limit of descriptors allows no more; ${most} were wanted.`;
  return {
    title: "Growth: the cost of a connection among few or many",
    about:
      "CPU time of the server's thread in the quietest rounds, and memory of the heap. Each number of connections " +
      "has two processes, with and without a tracker, and each round measures all of them. A new connection is opened " +
      `and closed while so many others live.${fewer}`,
    chart: `${growthTable(counts, curves)}\n\n${growthBars(counts, curves)}`,
    rows: costs.filter((cost) => middleOf(cost.samples).length > 0).map((cost) => rowOf(cost, counts)),
  };
}

async function open(connections: number): Promise<Size> {
  const [tracked, untracked] = await Promise.all([
    GrowthProcess.start(connections, "tracked"),
    GrowthProcess.start(connections, "untracked"),
  ]);
  return { count: tracked.opened.connections, tracked, untracked };
}

function variantsOf(sizes: readonly Size[]): Record<string, Variant> {
  const processes = sizes.flatMap(({ tracked, untracked }) => [tracked, untracked]);
  const variants = processes.flatMap((process) =>
    process.opened.measures.map((measure): [string, Variant] => [
      keyOf(process, measure),
      (calls) => process.measure(measure, measure === NEW ? NEW_PER_ROUND : calls),
    ]),
  );
  return Object.fromEntries(variants);
}

/** The name of one variant among those of all processes. */
function keyOf({ name }: GrowthProcess, measure: string): string {
  return `${name}: ${measure}`;
}

function cpuCosts(sizes: readonly Size[], samples: Readonly<Record<string, readonly number[]>>): Cost[] {
  const cost = (measure: string, kind: "tracked" | "untracked", more: Partial<Cost>): Cost => ({
    what: measure,
    unit: "ns",
    samples: sizes.map((size) => samples[keyOf(size[kind], measure)] ?? []),
    ...more,
  });
  const cLoop = cost(C_LOOP, "tracked", {});
  const untracked = cost(NEW, "untracked", { what: `${NEW}, without a tracker` });
  const reads = sizes[0]?.tracked.opened.measures.filter((measure) => measure !== C_LOOP && measure !== NEW) ?? [];
  return [
    cLoop,
    ...reads.map((measure) => cost(measure, "tracked", { base: cLoop, limit: CPU_LIMIT })),
    untracked,
    cost(NEW, "tracked", { what: `${NEW}, with a tracker`, base: untracked, limit: CPU_LIMIT }),
  ];
}

function memoryCosts(sizes: readonly Size[]): Cost[] {
  const samples = (memoryOf: (size: Size) => number) =>
    sizes.map((size) => (size.count < LEAST_FOR_MEMORY ? [] : [memoryOf(size)]));
  const without = samples(({ untracked }) => untracked.opened.memoryBytes);
  const added = samples(({ tracked, untracked }) => tracked.opened.memoryBytes - untracked.opened.memoryBytes);
  return [
    { what: "memory without a tracker", unit: "bytes", samples: without },
    { what: "memory added by a tracker", unit: "bytes", samples: added, limit: MEMORY_LIMIT },
  ];
}

function middleOf<T>(ofSizes: readonly T[]): T {
  return ofSizes[ofSizes.length >> 1] as T;
}

/** How much more each connection costs at the greatest number than at the middle one. */
function rowOf({ what, unit, samples, base, limit }: Cost, counts: readonly number[]): Row {
  const [few, many] = [middleOf(counts), counts.at(-1) as number];
  const ends = (of: Cost["samples"]) => [of.at(-1) ?? [], middleOf(of)] as const;
  const growthOf = (of: Cost["samples"]): number[] => {
    const [more, less] = ends(of);
    return more.map((cost, round) => cost / (less[round] as number));
  };
  const quietGrowthOf = (of: Cost["samples"]): number => {
    const [more, less] = ends(of).map(quietest) as [number, number];
    return more / less;
  };
  const own = growthOf(samples);
  const quiet = quietGrowthOf(samples);
  const compared = base ? quiet / quietGrowthOf(base.samples) : quiet;
  const exponent = 1 + Math.log(quiet) / Math.log(many / few);
  return {
    what: `${what}: each of ${many.toLocaleString("en")}, to each of ${few.toLocaleString("en")}`,
    value: `${formatRatio(spread(own))}, all together n^${exponent.toFixed(2)}`,
    ...(base && {
      ratio: formatRatio(ratioSpread(own, growthOf(base.samples))),
      comparedWith: `growth of ${base.what}`,
    }),
    ...(unit === "ns" && { quietest: compared.toFixed(2) }),
    ...(limit && { limit: limit.text, isReached: limit.isReachedBy(compared) }),
  };
}
