// The network is the limit, or nothing is.
import { bottleneck, goodPath, type Kind } from "./kind.mts";

const bulk = { does: "bulk" } as const;
const lossy = { rate: 40_000, queue: 1_000_000 } as const;
const fromHalfASecond = [{ fromMs: 500, toMs: 3500, truth: "loss" }] as const;

export const NETWORKS: readonly Kind[] = [
  {
    name: "loss1",
    plan: () => ({ path: { ...lossy, delay: 20, loss: 1 }, server: bulk, durationMs: 3500, phases: fromHalfASecond }),
  },
  {
    name: "loss3",
    plan: () => ({ path: { ...lossy, delay: 20, loss: 3 }, server: bulk, durationMs: 3500, phases: fromHalfASecond }),
  },
  {
    name: "nth",
    plan: (draw) => ({
      path: { ...lossy, delay: draw.between("rttMs", 20, 80) / 2, drop: draw.whole("nth", 30, 100) },
      server: bulk,
      durationMs: 3500,
      phases: fromHalfASecond,
    }),
  },
  {
    name: "rrloss",
    plan: (draw) => ({
      path: { delay: draw.between("rttMs", 20, 60) / 2, loss: 6 },
      server: { does: "answer", bytes: draw.whole("bytes", 3000, 15_000) },
      peer: { every: draw.whole("everyMs", 20, 60) },
      durationMs: 4000,
      phases: [{ fromMs: 400, toMs: 4000, truth: "loss in answers" }],
    }),
  },
  {
    name: "shallow",
    plan: (draw) => ({
      path: bottleneck(draw.between("rttMs", 30, 60), draw.between("mbit", 5, 15), draw.between("queueMs", 4, 10)),
      server: bulk,
      durationMs: 4500,
      phases: [{ fromMs: 1000, toMs: 4500, truth: "drops instead of queue" }],
    }),
  },
  {
    name: "bandwidth",
    plan: (draw) => {
      const rttMs = draw.between("rttMs", 30, 60);
      return {
        path: bottleneck(rttMs, draw.between("mbit", 5, 20), rttMs),
        server: bulk,
        durationMs: 4500,
        phases: [{ fromMs: 1000, toMs: 4500, truth: "bandwidth" }],
      };
    },
  },
  {
    name: "bloat",
    plan: (draw) => ({
      path: bottleneck(draw.between("rttMs", 20, 60), draw.between("mbit", 3, 10), draw.between("queueMs", 400, 1000)),
      server: bulk,
      durationMs: 5000,
      phases: [{ fromMs: 1500, toMs: 5000, truth: "own queue" }],
    }),
  },
  {
    name: "cross",
    plan: (draw) => ({
      path: bottleneck(draw.between("rttMs", 20, 50), draw.between("mbit", 3, 10), draw.between("queueMs", 300, 600)),
      flood: { startMs: 300 },
      server: { does: "drip", bytes: draw.whole("bytes", 500, 5000), everyMs: 100 },
      durationMs: 5000,
      phases: [{ fromMs: 2500, toMs: 5000, truth: "queue of others" }],
    }),
  },
  {
    // The queue was there first.
    name: "late",
    plan: (draw) => ({
      path: bottleneck(draw.between("rttMs", 20, 50), draw.between("mbit", 3, 10), draw.between("queueMs", 300, 600)),
      flood: { beforeMs: 2000 },
      server: { does: "drip", bytes: draw.whole("bytes", 500, 5000), everyMs: 100 },
      durationMs: 2500,
      phases: [{ fromMs: 500, toMs: 2500, truth: "queue of others" }],
    }),
  },
  {
    name: "reorder",
    plan: (draw) => ({
      path: { ...lossy, delay: draw.between("rttMs", 20, 80) / 2, reorder: draw.between("reorderMs", 3, 20) },
      server: bulk,
      durationMs: 3500,
      phases: [{ fromMs: 500, toMs: 3500, truth: "reordering" }],
    }),
  },
  {
    // Long enough for a diagnosis, which needs half a second.
    name: "distance",
    plan: (draw) => {
      const bytes = draw.whole("bytes", 100_000, 600_000);
      return {
        path: { delay: draw.between("rttMs", 120, 250) / 2, rate: 60_000, queue: 2_000_000 },
        server: { does: "send", bytes },
        durationMs: 4000,
        untilAckedBytes: bytes,
        phases: [{ fromMs: 0, truth: "distance" }],
      };
    },
  },
  {
    name: "hole",
    plan: (draw) => ({
      path: goodPath(draw),
      changes: [{ atMs: 1200, set: { hole: 1 } }],
      server: bulk,
      durationMs: 5000,
      phases: [{ fromMs: 1800, toMs: 5000, truth: "silence" }],
    }),
  },
  {
    name: "hole3",
    plan: (draw) => ({
      path: goodPath(draw),
      changes: [
        { atMs: 1500, set: { hole: 1 } },
        { atMs: 4500, set: { hole: 0 } },
      ],
      server: bulk,
      durationMs: 7500,
      phases: [
        { fromMs: 2100, toMs: 4500, truth: "silence" },
        { fromMs: 6300, toMs: 7500, truth: "after a silence" },
      ],
    }),
  },
  {
    name: "holedrip",
    plan: (draw) => ({
      path: goodPath(draw),
      changes: [{ atMs: 1200, set: { hole: 1 } }],
      server: { does: "drip", bytes: 1000, everyMs: draw.whole("everyMs", 40, 200) },
      durationMs: 5000,
      phases: [{ fromMs: 2000, toMs: 5000, truth: "silence" }],
    }),
  },
  {
    name: "stophole",
    plan: (draw) => ({
      path: goodPath(draw),
      changes: [{ atMs: 1500, set: { hole: 1 } }],
      server: bulk,
      peer: { stopafter: draw.whole("stopafter", 50_000, 600_000) },
      durationMs: 5500,
      phases: [{ fromMs: 3000, toMs: 5500, truth: "silence" }],
    }),
  },
  {
    name: "holeidle",
    plan: (draw) => ({
      path: goodPath(draw),
      changes: [{ atMs: 1000, set: { hole: 1 } }],
      server: { does: "answer", bytes: 5000, atMost: 5 },
      peer: { every: 20 },
      durationMs: 3500,
      phases: [{ fromMs: 1300, toMs: 3500, truth: "idle" }],
    }),
  },
  {
    name: "lan",
    plan: () => ({
      network: "veth",
      server: bulk,
      durationMs: 1400,
      phases: [{ fromMs: 300, toMs: 1400, truth: "unlimited" }],
    }),
  },
  {
    name: "loopback",
    plan: () => ({
      network: "loopback",
      server: bulk,
      durationMs: 1400,
      phases: [{ fromMs: 300, toMs: 1400, truth: "unlimited" }],
    }),
  },
  {
    // Losses come in bursts, as on radio.
    name: "bursts",
    plan: (draw) => ({
      path: {
        ...lossy,
        delay: draw.between("rttMs", 20, 80) / 2,
        loss: draw.between("loss", 0.8, 3),
        losslength: draw.between("losslength", 3, 8),
      },
      server: bulk,
      durationMs: 4500,
      phases: [{ fromMs: 500, toMs: 4500, truth: "loss" }],
    }),
  },
  {
    // Only acknowledgements are lost, which costs nothing.
    name: "ackloss",
    plan: (draw) => {
      const rttMs = draw.between("rttMs", 30, 60);
      return {
        path: { ...bottleneck(rttMs, draw.between("mbit", 5, 15), rttMs), ackloss: draw.between("ackloss", 5, 30) },
        server: bulk,
        durationMs: 4500,
        phases: [{ fromMs: 1000, toMs: 4500, truth: "bandwidth" }],
      };
    },
  },
  {
    // A queue that drops early, so that it stays short.
    name: "codel",
    plan: (draw) => ({
      path: { ...bottleneck(draw.between("rttMs", 20, 60), draw.between("mbit", 5, 20), 400), codel: 5 },
      server: bulk,
      durationMs: 5000,
      phases: [{ fromMs: 1500, toMs: 5000, truth: "own queue" }],
    }),
  },
  {
    name: "policer",
    plan: (draw) => ({
      path: {
        delay: draw.between("rttMs", 20, 60) / 2,
        police: draw.between("mbit", 4, 15) * 1000,
        bucket: draw.whole("bucket", 10_000, 60_000),
      },
      server: bulk,
      durationMs: 4500,
      phases: [{ fromMs: 1000, toMs: 4500, truth: "drops instead of queue" }],
    }),
  },
  {
    // The path becomes slower, so its queue becomes longer.
    name: "ratestep",
    plan: (draw) => {
      const mbit = draw.between("mbit", 12, 24);
      return {
        path: bottleneck(draw.between("rttMs", 30, 60), mbit, 100),
        changes: [{ atMs: 2500, set: { rate: (mbit * 1000) / draw.between("slower", 4, 8) } }],
        server: bulk,
        durationMs: 6500,
        phases: [
          { fromMs: 1000, toMs: 2500, truth: "own queue" },
          { fromMs: 3500, toMs: 6500, truth: "own queue" },
        ],
      };
    },
  },
  {
    name: "satellite",
    plan: (draw) => {
      const rttMs = draw.between("rttMs", 500, 700);
      return {
        path: bottleneck(rttMs, draw.between("mbit", 10, 30), rttMs),
        server: bulk,
        durationMs: 8000,
        phases: [{ fromMs: 3000, toMs: 8000, truth: "own queue" }],
      };
    },
  },
  {
    name: "duplicates",
    plan: (draw) => {
      const rttMs = draw.between("rttMs", 30, 60);
      return {
        path: { ...bottleneck(rttMs, draw.between("mbit", 5, 20), rttMs), duplicates: draw.between("percent", 2, 20) },
        server: bulk,
        durationMs: 4500,
        phases: [{ fromMs: 1000, toMs: 4500, truth: "bandwidth" }],
      };
    },
  },
];
