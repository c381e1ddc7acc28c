// Every threshold of the rules, with its reason. They were chosen on recorded connections whose limits were made;
// test/diagnosis judges them on others.
export const THRESHOLDS = {
  /** Shorter intervals miss losses, and take the gaps of bursts for idleness. */
  shortestIntervalMs: 500,
  /** The kernel's clocks may differ from the interval by their ticks, and by a busy machine between two reads. */
  clockSlackMs: 50,
  clockSlack: 0.1,

  /** The least silence that is more than a late acknowledgement. */
  silenceMs: 400,
  /** In timeouts as they were before they doubled: a doubled one grows as fast as the silence. */
  silenceRtos: 1.5,
  /** Without a retry of the kernel, a silence must be longer. */
  overdueMs: 1000,
  overdueRtos: 3,
  /** Living peers leave zero-window probes unanswered for up to 0.9 s, because Linux answers two a second at most. */
  probeSilenceMs: 1500,
  /** As many take 1.5 s or longer: the kernel waits longer after each, or half a second if the device is full. */
  silentProbes: 4,
  /** The second probe leaves 400 ms or more after the first. One may fail for want of memory. */
  failedProbes: 2,

  /** With bbr, most of a slow reader's time counts as network: more than 10 % is its sign, and not more than 50 %. */
  receiver: 0.1,
  /** Readers at loopback's speed fill the window, too, with a backlog of 1 ms. */
  waitingMs: 50,
  /** A slow reader delays the acknowledgements of a full window, a small window does not. Plus a part of the RTT. */
  quietQueueMs: 5,
  quietQueuePart: 0.1,
  /** For kernels that do not report the peer's window. */
  closedWindowReceiverShare: 0.9,

  /** At 1 %, losses that halve the speed are missed. */
  loss: 0.005,
  /** One retransmission may be a tail loss probe. */
  lostSegments: 2,
  /** Goodput ÷ the most that loss-based congestion control reaches at this loss and RTT. Up to 2, loss limits. */
  lossLimits: 2,
  /** From 5 on, loss does not limit, as with bbr. */
  lossIsFree: 5,

  /** Without reordering, less than 0.1 % of the segments are reordered. */
  reordering: 0.02,
  reorderingSegments: 20,

  sendBuffer: 0.15,

  /** Pauses of this part of the time cost more than a queue of less than `longQueueMs`. */
  pauses: 0.25,
  fewPauses: 0.1,
  /** The smaller fill of the congestion window at both readings. */
  starvedFill: 0.7,

  longQueueMs: 100,
  /** Cubic needs a queue of a round trip to be fast: that much is healthy. */
  queueMs: 30,
  queueRtts: 1.5,
  /** A peer that receives single segments delays their acknowledgements by 40 ms and more. */
  starvedQueueMs: 70,

  /** Short transfers from far away: the window grew by half or more, within the round trips of slow start. */
  distanceGrowth: 1.5,
  distanceApplication: 0.5,
  distanceRounds: 1.5,
  distanceSlackRounds: 2,
  initialWindowSegments: 10,
} as const;
