// The verdicts that are right, given what the path and the programs did. The path's own counters decide where a kind
// alone does not. TCP_INFO decides nothing.
import type { TcpVerdict } from "sockinfo";

export type Verdict = TcpVerdict;

/** What the path did to the server's segments with data in a window. Zeros without a path. */
export interface Seen {
  readonly segments: number;
  /** Dropped in the window, early enough for the server to know. */
  readonly droppedSegments: number;
  /** Dropped in the window, or so shortly before it that the server may have learnt of it only then. */
  readonly maybeDroppedSegments: number;
  /** The average time in the queue: of the segments that were sent or acknowledged meanwhile, whichever is less. */
  readonly leastQueueMs: number;
  /** The same, whichever is more. */
  readonly mostQueueMs: number;
}

type RightVerdicts = readonly Verdict[];

/**
 * Losses that the server knows of decide. With fewer than 2, or fewer than 5 of 1000 segments, either word is right, as
 * it is while the news may not have arrived.
 */
function byDrops({ droppedSegments, maybeDroppedSegments, segments }: Seen, without: RightVerdicts): RightVerdicts {
  if (droppedSegments >= 2 && droppedSegments / segments >= 0.005) return ["lossy"];
  return maybeDroppedSegments === 0 ? without : ["lossy", ...without];
}

/**
 * A queue of 100 ms is most of what a user waits for. One of 30 ms is what a bulk transfer needs to be fast. If the
 * queue is long and drops segments, either word is right.
 */
function byQueue(seen: Seen, without: RightVerdicts): RightVerdicts {
  if (seen.mostQueueMs <= 30) return byDrops(seen, without);
  if (seen.leastQueueMs < 100) return ["queueing", ...byDrops(seen, without)];
  return seen.maybeDroppedSegments === 0 ? ["queueing"] : ["queueing", "lossy"];
}

export const TRUTHS = {
  /** The server's program writes less than the path could take. */
  application: () => ["application-limited"],
  /** The peer reads nothing, or less than the path could bring. */
  "slow reader": () => ["slow-reader"],
  /** The peer reads at once, but its buffer is smaller than the path. */
  "small window": () => ["small-window"],
  "small send buffer": () => ["small-send-buffer"],
  /** Bulk over a path that loses segments at random, whatever the rate. */
  loss: (seen) => byDrops(seen, ["healthy"]),
  /** Answers over such a path. */
  "loss in answers": (seen) => byDrops(seen, ["application-limited"]),
  /** Bulk, only limited by the rate of the path. Its queue is shorter than 100 ms. */
  bandwidth: (seen) => byDrops(seen, ["healthy"]),
  /** Bulk, only limited by the rate of the path. Its queue can be long. */
  "own queue": (seen) => byQueue(seen, ["healthy"]),
  /** The same with a policer or a short queue: drops instead of a delay. */
  "drops instead of queue": (seen) => byDrops(seen, ["healthy"]),
  /** A drip through a queue that others fill. */
  "queue of others": (seen) => byQueue(seen, ["application-limited"]),
  /** Segments overtake each other. None is lost. */
  reordering: () => ["reordering"],
  /** No limit but the time that slow start takes. */
  distance: () => ["healthy"],
  /** Data waits, and the path drops everything. */
  silence: () => ["stalled"],
  /** The path is back after a silence: the connection recovers when its timer runs out. */
  "after a silence": () => ["healthy", "queueing", "lossy", "stalled"],
  /** Bulk over a path that drops everything for a part of the window: nothing arrives, and all of it is lost. */
  "short silence": () => ["lossy", "stalled"],
  /** Bulk to a buffer that is smaller than the path, which loses segments. Each loss costs a part of that window, too. */
  "small window and losses": ({ maybeDroppedSegments }) =>
    maybeDroppedSegments === 0 ? ["small-window"] : ["small-window", "lossy"],
  /** Nothing to send, and nothing on its way. */
  idle: () => ["idle"],
  /** The server has ended its side. */
  closing: () => ["closing"],
  /** Nothing limits but the processors: Node writes as fast as the kernel takes it, or not even that. */
  unlimited: () => ["healthy", "application-limited"],
  /** Answers larger than a round trip takes, with pauses between: either word is right. */
  answers: () => ["application-limited", "healthy"],
  /** SO_MAX_PACING_RATE is the limit. */
  paced: () => ["healthy"],
} as const satisfies Readonly<Record<string, (seen: Seen) => RightVerdicts>>;

export type TruthName = keyof typeof TRUTHS;
