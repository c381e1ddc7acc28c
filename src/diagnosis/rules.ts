// The rules for Linux, in order: the first that fits has the verdict. The order does most of the work, so each group
// says why it stands where it does. thresholds.ts has the numbers with their reasons, sentences.ts the words.
import type { Facts } from "./facts";
import { type Reading, retriesOf } from "./reading";
import * as say from "./sentences";
import { THRESHOLDS } from "./thresholds";
import type { TcpMeasure, TcpReason, TcpVerdict } from "./types";

export type Rule = TcpReason & {
  readonly fits: (facts: Facts) => boolean;
  /** The number that proves it. */
  readonly proof: readonly [TcpMeasure, (facts: Facts) => number] | undefined;
  readonly sentence: (facts: Facts) => string;
};

// Certain at any interval and on any kernel.

export const CLOSED: Rule = {
  verdict: "closing",
  cause: "closed",
  fits: ({ now }) => now.state === "CLOSED",
  proof: undefined,
  sentence: say.closed,
};

/** A half-closed peer (CLOSE_WAIT) may read for hours. */
const isClosing = ({ now }: Facts): boolean => CLOSING_STATES.has(now.state);
const CLOSING_STATES: ReadonlySet<unknown> = new Set(["FIN_WAIT_1", "FIN_WAIT_2", "CLOSING", "LAST_ACK", "TIME_WAIT"]);

export const UNDELIVERED: Rule = {
  verdict: "closing",
  cause: "undelivered",
  fits: (facts) => isClosing(facts) && (facts.undeliveredBytes ?? 0) > 0,
  proof: ["undeliveredBytes", ({ undeliveredBytes = 0 }) => undeliveredBytes],
  sentence: say.undelivered,
};

export const DELIVERED: Rule = {
  verdict: "closing",
  cause: "delivered",
  fits: (facts) => isClosing(facts) && facts.undeliveredBytes === 0,
  proof: undefined,
  sentence: say.delivered,
};

// What no verdict can be built on.

export const NOT_CONNECTED: Rule = {
  verdict: "unknown",
  cause: "not-connected",
  fits: ({ now }) => now.state !== undefined && NOT_CONNECTED_STATES.has(now.state),
  proof: undefined,
  sentence: say.notConnected,
};
const NOT_CONNECTED_STATES: ReadonlySet<unknown> = new Set([
  "SYN_SENT",
  "SYN_RECEIVED",
  "NEW_SYN_RECV",
  "BOUND_INACTIVE",
]);

/** Data waits above the subflow, so a subflow always looks limited by the application. */
const MPTCP: Rule = {
  verdict: "unknown",
  cause: "mptcp",
  fits: ({ now }) => now.isMptcp,
  proof: undefined,
  sentence: say.mptcp,
};

/** Without the bytes that wait, a third of all verdicts would be wrong. */
const FIELDS_MISSING: Rule = {
  verdict: "unknown",
  cause: "fields-missing",
  fits: ({ before, now, ackedBytes, retransmitted }) =>
    (now.state !== "ESTABLISHED" && now.state !== "CLOSE_WAIT") ||
    ackedBytes === undefined ||
    retransmitted === undefined ||
    before.notSentBytes === undefined ||
    now.notSentBytes === undefined ||
    now.unackedSegments === undefined ||
    now.sndMssBytes === undefined ||
    now.dataSegmentsSent === undefined,
  proof: undefined,
  sentence: say.fieldsMissing,
};

export const INTERVAL_WRONG: Rule = {
  verdict: "unknown",
  cause: "interval-wrong",
  fits: ({ leastMs, mostMs, intervalMs }) => {
    const slackMs = Math.max(THRESHOLDS.clockSlackMs, THRESHOLDS.clockSlack * intervalMs);
    return leastMs - intervalMs > slackMs || intervalMs - mostMs > slackMs;
  },
  proof: ["intervalMs", ({ intervalMs }) => intervalMs],
  sentence: say.intervalWrong,
};

export const TOO_LITTLE_SEEN: Rule = {
  verdict: "unknown",
  cause: "too-little-seen",
  fits: ({ intervalMs }) => intervalMs < THRESHOLDS.shortestIntervalMs,
  proof: ["intervalMs", ({ intervalMs }) => intervalMs],
  sentence: say.tooLittleSeen,
};

// Silence. It comes before all others, because shares, ratios and round trips are frozen or absurd then.

const NO_ANSWER: Rule = {
  verdict: "stalled",
  cause: "no-answer",
  fits: (facts) => {
    const { now, ackedBytes, sinceLastAckReceivedMs } = facts;
    return (
      (now.unackedSegments ?? 0) > 0 &&
      ackedBytes === 0 &&
      sinceLastAckReceivedMs > Math.max(THRESHOLDS.silenceMs, THRESHOLDS.silenceRtos * baseRtoMs(now)) &&
      (retriesOf(now) > 0 || isOverdue(facts))
    );
  },
  proof: ["sinceLastAckReceivedMs", ({ sinceLastAckReceivedMs }) => sinceLastAckReceivedMs],
  sentence: say.noAnswer,
};

/** Each write starts the kernel's timer again, so small writes can be unanswered for seconds without a retry. */
function isOverdue({ before, now, intervalMs, sinceLastAckReceivedMs, isWindowOpen }: Facts): boolean {
  const { rtoMs = Infinity } = now;
  return (
    isWindowOpen &&
    // Data of the earlier reading is unanswered: what was written just now after a pause proves nothing.
    (before.unackedSegments ?? 0) > 0 &&
    intervalMs > THRESHOLDS.silenceRtos * rtoMs &&
    sinceLastAckReceivedMs > Math.max(THRESHOLDS.overdueMs, THRESHOLDS.overdueRtos * rtoMs)
  );
}

/** The retransmission timeout before the kernel doubled it. */
function baseRtoMs({ rtoMs = 0, timerBackoffs = 0 }: Facts["now"]): number {
  return rtoMs / 2 ** timerBackoffs;
}

const PROBES_UNANSWERED: Rule = {
  verdict: "stalled",
  cause: "probes-unanswered",
  fits: (facts) => !facts.isWindowOpen && leavesProbesUnanswered(facts),
  proof: NO_ANSWER.proof,
  sentence: say.probesUnanswered,
};

/** For closed windows, where a living peer may answer late. */
function leavesProbesUnanswered(facts: Facts): boolean {
  const { before, now, notSentBytes, ackedBytes, sinceLastAckReceivedMs, intervalMs } = facts;
  const { unansweredProbes: probes = 0 } = now;
  if (notSentBytes === 0 || sinceLastAckReceivedMs <= THRESHOLDS.probeSilenceMs) return false;
  const wasSilentBefore = (before.unansweredProbes ?? 0) >= 1 && sinceLastAckReceivedMs > intervalMs;
  return (probes >= 1 && wasSilentBefore) || (probes >= THRESHOLDS.silentProbes && ackedBytes === 0);
}

/**
 * An open window lets the kernel send at once if nothing is in flight. If it probes instead, sending fails on this
 * machine: the link is down, the route is gone, or a firewall drops what leaves.
 */
const NOTHING_LEAVES: Rule = {
  ...PROBES_UNANSWERED,
  fits: (facts) => {
    const { now, isWindowOpen, notSentBytes, ackedBytes } = facts;
    if (!isWindowOpen || now.unackedSegments !== 0) return false;
    // Before Linux 5.4, whether the window is open is only a guess.
    if (now.sndWndBytes === undefined) return leavesProbesUnanswered(facts);
    return notSentBytes > 0 && ackedBytes === 0 && (now.unansweredProbes ?? 0) >= THRESHOLDS.failedProbes;
  },
  sentence: say.nothingLeaves,
};

/** A stopped reader also lets nothing out. There, bytes wait. */
const IDLE: Rule = {
  verdict: "idle",
  cause: undefined,
  fits: ({ now, sentSegments, undeliveredBytes }) =>
    sentSegments === 0 && undeliveredBytes === 0 && now.unackedSegments === 0,
  proof: ["sinceLastDataSentMs", (facts) => sinceLastDataSentMs(facts)],
  sentence: (facts) => say.idle(sinceLastDataSentMs(facts)),
};

/** The kernel counts from the beginning of the connection, if nothing was ever sent. */
function sinceLastDataSentMs({ now, intervalMs }: Facts): number {
  return now.sinceLastDataSentMs ?? intervalMs;
}

// The receiver: its window, but only if enough waits for it.

const waitsForReceiver = ({ notSentBytes, receiver, isWindowOpen, waitingMs }: Facts): boolean =>
  notSentBytes > 0 && (receiver >= THRESHOLDS.receiver || !isWindowOpen) && waitingMs >= THRESHOLDS.waitingMs;

/** A client that reads all the time may look so, too: its kernel opens a closed window in large steps. */
const TAKES_NOTHING: Rule = {
  verdict: "slow-reader",
  cause: "takes-nothing",
  fits: (facts) => !facts.isWindowOpen && facts.ackedBytes === 0 && waitsForReceiver(facts),
  proof: ["undeliveredBytes", ({ undeliveredBytes = 0 }) => undeliveredBytes],
  sentence: say.takesNothing,
};

/** A slow reader makes the window small, too. What tells is a window that never moves, and a quiet round trip. */
const SMALL_WINDOW: Rule = {
  verdict: "small-window",
  cause: undefined,
  fits: (facts) => {
    const { before, now, isWindowOpen, queueingMs, minRttMs } = facts;
    return (
      waitsForReceiver(facts) &&
      isWindowOpen &&
      now.sndWndBytes !== undefined &&
      now.sndWndBytes === before.sndWndBytes &&
      (now.unackedSegments ?? 0) > 0 &&
      (before.notSentBytes ?? 0) > 0 &&
      (fillsWindow(before) || fillsWindow(now)) &&
      now.rttMs !== undefined &&
      queueingMs < THRESHOLDS.quietQueueMs + THRESHOLDS.quietQueuePart * minRttMs
    );
  },
  proof: ["limitBytesPerSecond", ({ now }) => ((now.sndWndBytes ?? 0) / (now.rttMs || 1)) * 1000],
  sentence: say.smallWindow,
};

/** Whether the window has no room for another segment. With bbr, that is not so at every moment. */
function fillsWindow({ unackedSegments = 0, sndMssBytes = 0, sndWndBytes = Infinity }: Reading): boolean {
  return (unackedSegments + 1) * sndMssBytes > sndWndBytes;
}

/** The window has opened again, but too late for an acknowledgement. */
const TOOK_NOTHING: Rule = {
  ...TAKES_NOTHING,
  fits: (facts) => facts.ackedBytes === 0 && waitsForReceiver(facts),
};

const READS_SLOWLY: Rule = {
  verdict: "slow-reader",
  cause: "reads-slowly",
  fits: waitsForReceiver,
  proof: ["goodputBytesPerSecond", ({ goodputBytesPerSecond }) => goodputBytesPerSecond],
  sentence: say.readsSlowly,
};

// The path's losses and its order. They come before the send buffer, because data behind a hole keeps its memory.

export const TIMEOUTS: Rule = {
  verdict: "lossy",
  cause: "timeouts",
  fits: ({ timeouts }) => timeouts > 0,
  proof: ["timeouts", ({ timeouts }) => timeouts],
  sentence: say.timeouts,
};

export const RETRANSMISSIONS: Rule = {
  verdict: "lossy",
  cause: "retransmissions",
  fits: ({ lost, lossRatio }) => lossRatio >= THRESHOLDS.loss && lost >= THRESHOLDS.lostSegments,
  proof: ["lossRatio", ({ lossRatio }) => lossRatio],
  sentence: say.retransmissions,
};

export const REORDERING: Rule = {
  verdict: "reordering",
  cause: undefined,
  fits: ({ sentSegments, reorderingRatio }) =>
    sentSegments >= THRESHOLDS.reorderingSegments && reorderingRatio >= THRESHOLDS.reordering,
  proof: ["reorderingRatio", ({ reorderingRatio }) => reorderingRatio],
  sentence: say.reordering,
};

// The send buffer: the kernel's own count, which cubic without pacing never shows, or data that waits in Node.

const SEND_BUFFER_COUNTED: Rule = {
  verdict: "small-send-buffer",
  cause: "counted-by-kernel",
  fits: ({ sendBuffer }) => sendBuffer >= THRESHOLDS.sendBuffer,
  proof: ["sendBufferMs", ({ shares }) => shares?.sendBufferMs ?? 0],
  sentence: say.sendBufferCounted,
};

const PENDING: Rule = {
  verdict: "small-send-buffer",
  cause: "pending-in-application",
  fits: ({ pendingBytes = 0, isStarved, shares, application, ackedBytes = 0 }) =>
    pendingBytes > 0 && isStarved && shares !== undefined && application < THRESHOLDS.fewPauses && ackedBytes > 0,
  proof: ["pendingBytes", ({ pendingBytes = 0 }) => pendingBytes],
  sentence: say.pending,
};

// Pauses that cost more than a queue, then the queue.

export const PAUSES: Rule = {
  verdict: "application-limited",
  cause: "pauses",
  fits: ({ application, queueingMs }) => application >= THRESHOLDS.pauses && queueingMs < THRESHOLDS.longQueueMs,
  proof: ["applicationMs", ({ shares }) => shares?.applicationMs ?? 0],
  sentence: say.pauses,
};

const hasQueue = ({ sentSegments, queueingMs, minRttMs }: Facts): boolean =>
  sentSegments > 0 &&
  (queueingMs >= THRESHOLDS.longQueueMs ||
    (queueingMs >= THRESHOLDS.queueMs && queueingMs >= THRESHOLDS.queueRtts * minRttMs));

const QUEUE_OF_OTHERS: Rule = {
  verdict: "queueing",
  cause: "filled-by-others",
  fits: (facts) => facts.isStarved && facts.queueingMs >= THRESHOLDS.starvedQueueMs && hasQueue(facts),
  proof: ["queueingMs", ({ queueingMs }) => queueingMs],
  sentence: say.queueOfOthers,
};

const QUEUE_OF_ANYONE: Rule = {
  verdict: "queueing",
  cause: "filled-by-anyone",
  fits: (facts) => !facts.isStarved && hasQueue(facts),
  proof: QUEUE_OF_OTHERS.proof,
  sentence: say.queueOfAnyone,
};

/** Kernels before 4.10 have no busy times, and the rules below would guess. */
const NO_SHARES: Rule = {
  verdict: "unknown",
  cause: "fields-missing",
  fits: ({ shares }) => shares === undefined,
  proof: undefined,
  sentence: say.fieldsMissing,
};

// Nothing is wrong with the connection. What sets its pace?

const DISTANCE: Rule = {
  verdict: "healthy",
  cause: "distance",
  fits: (facts) => {
    const { before, now, application, ackedBytes = 0, minRttMs } = facts;
    const firstBytes = THRESHOLDS.initialWindowSegments * (now.sndMssBytes ?? 0);
    if (application >= THRESHOLDS.distanceApplication || ackedBytes <= firstBytes || minRttMs === 0) return false;
    if ((now.sndCwndSegments ?? 0) < THRESHOLDS.distanceGrowth * (before.sndCwndSegments ?? Infinity)) return false;
    const rounds = busyRounds(facts);
    const slowStartRounds = Math.log2(1 + ackedBytes / firstBytes);
    return rounds >= THRESHOLDS.distanceRounds && rounds <= slowStartRounds + THRESHOLDS.distanceSlackRounds;
  },
  proof: ["acknowledgedBytes", ({ ackedBytes = 0 }) => ackedBytes],
  sentence: (facts) => say.distance(facts, busyRounds(facts)),
};

function busyRounds({ intervalMs, application, minRttMs }: Facts): number {
  return (intervalMs * (1 - application)) / minRttMs;
}

const FEW_PAUSES: Rule = {
  ...PAUSES,
  fits: ({ application }) => application >= THRESHOLDS.fewPauses,
};

const PACED: Rule = {
  verdict: "healthy",
  cause: "paced",
  fits: ({ now, notSentBytes }) =>
    notSentBytes > 0 &&
    now.pacingRateBytesPerSecond !== undefined &&
    now.pacingRateBytesPerSecond !== Infinity &&
    now.pacingRateBytesPerSecond === now.maxPacingRateBytesPerSecond,
  proof: ["pacingBytesPerSecond", ({ now }) => now.maxPacingRateBytesPerSecond ?? 0],
  sentence: say.paced,
};

const SMALL_WRITES: Rule = {
  verdict: "application-limited",
  cause: "small-writes",
  fits: ({ before, now, isStarved }) => isStarved || (before.isDeliveryRateAppLimited && now.isDeliveryRateAppLimited),
  proof: ["goodputBytesPerSecond", ({ goodputBytesPerSecond }) => goodputBytesPerSecond],
  sentence: say.smallWrites,
};

const GROWING: Rule = {
  verdict: "healthy",
  cause: "growing",
  fits: ({ now }) => now.sndSsthreshSegments === Infinity,
  proof: SMALL_WRITES.proof,
  sentence: say.growing,
};

const BANDWIDTH: Rule = {
  verdict: "healthy",
  cause: "bandwidth",
  fits: () => true,
  proof: SMALL_WRITES.proof,
  sentence: say.bandwidth,
};

export const LINUX_RULES: readonly Rule[] = [
  CLOSED,
  UNDELIVERED,
  DELIVERED,
  NOT_CONNECTED,
  MPTCP,
  FIELDS_MISSING,
  INTERVAL_WRONG,
  TOO_LITTLE_SEEN,
  NO_ANSWER,
  PROBES_UNANSWERED,
  NOTHING_LEAVES,
  IDLE,
  TAKES_NOTHING,
  SMALL_WINDOW,
  TOOK_NOTHING,
  READS_SLOWLY,
  TIMEOUTS,
  RETRANSMISSIONS,
  REORDERING,
  SEND_BUFFER_COUNTED,
  PENDING,
  PAUSES,
  QUEUE_OF_OTHERS,
  QUEUE_OF_ANYONE,
  NO_SHARES,
  DISTANCE,
  FEW_PAUSES,
  PACED,
  SMALL_WRITES,
  GROWING,
  BANDWIDTH,
];

/** The second finding: what may also hold, after which verdicts. */
export const SECOND_RULES: readonly (Rule & { readonly after: readonly TcpVerdict[] })[] = [
  { ...TIMEOUTS, after: ["slow-reader", "small-window"] },
  { ...RETRANSMISSIONS, after: ["slow-reader", "small-window"] },
  { ...REORDERING, after: ["slow-reader", "small-window", "lossy"] },
  // Not after a slow reader, which delays acknowledgements, and not after reordering, which delays packets.
  { ...QUEUE_OF_OTHERS, after: ["lossy", "small-send-buffer", "application-limited"] },
  { ...QUEUE_OF_ANYONE, after: ["lossy", "small-send-buffer", "application-limited"] },
  {
    ...PAUSES,
    fits: ({ application }) => application >= THRESHOLDS.pauses,
    after: ["slow-reader", "small-window", "lossy", "reordering", "small-send-buffer", "queueing"],
  },
];
