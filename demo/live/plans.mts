// The clients of the demo, as data: what each gets, how it reads, and its network path.

/** The words of test/helpers/network-path.cc: milliseconds one way, kbit/s, bytes, percent. */
export interface PathSettings {
  readonly delay: number;
  readonly rate: number;
  readonly queue: number;
  readonly loss: number;
  readonly hole: number;
}

export interface ClientPlan {
  readonly name: string;
  /** The server's answer: so many bytes at once, or so many each time for ever. */
  readonly answer: { readonly bytes: number; readonly everyMs?: number };
  /** How fast the client reads. Default: as fast as it can. */
  readonly readsBytesPerSecond?: number;
  /** The client reads nothing after so many bytes. */
  readonly stopsAfterBytes?: number;
  /** The client's pause before its next request. */
  readonly pauseMs?: number;
  readonly path?: PathSettings;
  /** The path ends so long after the client has begun. */
  readonly pathEndsAfterMs?: number;
}

const MB = 1_000_000;
/** More than any client reads. */
const ENDLESS = 1e12;

/** With a bottleneck whose queue holds `queueMs` of data. */
function path(rttMs: number, mbit: number, queueMs: number, loss = 0): PathSettings {
  return { delay: rttMs / 2, rate: mbit * 1000, queue: mbit * 125 * queueMs, loss, hole: 0 };
}

export const PLANS_WITH_PATHS: readonly ClientPlan[] = [
  { name: "fast", answer: { bytes: 20 * MB }, path: path(30, 12, 45) },
  { name: "far", answer: { bytes: 10 * MB }, path: path(180, 8, 95) },
  { name: "lossy", answer: { bytes: 2 * MB }, path: path(40, 12, 200, 3) },
  { name: "slow reader", answer: { bytes: ENDLESS }, readsBytesPerSecond: 150_000, path: path(30, 12, 60) },
  { name: "events", answer: { bytes: 2000, everyMs: 120 }, path: path(40, 12, 60) },
  { name: "dead", answer: { bytes: ENDLESS }, path: path(50, 4, 100), pathEndsAfterMs: 3000 },
];

/** On loopback, where only clients and server can be slow. */
export const PLANS_ON_LOOPBACK: readonly ClientPlan[] = [
  { name: "video", answer: { bytes: 200_000, everyMs: 100 } },
  { name: "events", answer: { bytes: 2000, everyMs: 120 } },
  { name: "slow reader", answer: { bytes: ENDLESS }, readsBytesPerSecond: 150_000 },
  { name: "stopped", answer: { bytes: ENDLESS }, readsBytesPerSecond: MB, stopsAfterBytes: MB },
  { name: "idle", answer: { bytes: 10_000 }, pauseMs: 86_400_000 },
];

/** The path of a client's requests. */
export const urlOf = ({ name }: ClientPlan): string => `/${name.replace(" ", "-")}`;
