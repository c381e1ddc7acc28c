// Two things at once, one after the other, or a program of a certain kind.
import { bottleneck, goodPath, longPath, type Kind } from "./kind.mts";

const bulk = { does: "bulk" } as const;

export const MIXTURES: readonly Kind[] = [
  {
    name: "mixloss",
    plan: (draw) => ({
      path: { delay: 15, loss: 1, rate: 40_000, queue: 1_000_000 },
      server: bulk,
      peer: { rate: draw.whole("rate", 50_000, 150_000) },
      durationMs: 4500,
      phases: [{ fromMs: 1500, toMs: 4500, truth: "slow reader" }],
    }),
  },
  {
    // The peer reads less than the other connection leaves, also to bbr.
    name: "mixcross",
    plan: (draw) => ({
      path: bottleneck(draw.between("rttMs", 20, 50), draw.between("mbit", 6, 12), 300),
      flood: { startMs: 300 },
      server: bulk,
      peer: { rate: draw.whole("rate", 10_000, 20_000) },
      durationMs: 7000,
      phases: [{ fromMs: 4000, toMs: 7000, truth: "slow reader" }],
    }),
  },
  {
    name: "longrr",
    plan: (draw) => ({
      path: longPath(draw.between("rttMs", 80, 160)),
      server: { does: "answer", bytes: draw.whole("bytes", 40_000, 150_000) },
      peer: { every: 100 },
      durationMs: 4500,
      phases: [{ fromMs: 500, toMs: 4500, truth: "answers" }],
    }),
  },
  {
    name: "think",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "answer", bytes: draw.whole("bytes", 50_000, 300_000), thinkMs: draw.whole("thinkMs", 300, 700) },
      peer: { every: 1 },
      durationMs: 5000,
      phases: [{ fromMs: 500, toMs: 5000, truth: "application" }],
    }),
  },
  {
    name: "paced",
    plan: (draw) => ({
      path: goodPath(draw),
      listen: { pacing: draw.whole("pacing", 100_000, 500_000) },
      server: bulk,
      durationMs: 3500,
      phases: [{ fromMs: 1000, toMs: 3500, truth: "paced" }],
    }),
  },
  {
    name: "lowat",
    plan: (draw) => {
      const rttMs = draw.between("rttMs", 30, 60);
      return {
        path: bottleneck(rttMs, draw.between("mbit", 5, 20), rttMs),
        listen: { lowat: 16_384 },
        server: bulk,
        durationMs: 4500,
        phases: [{ fromMs: 1000, toMs: 4500, truth: "bandwidth" }],
      };
    },
  },
  {
    name: "events",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "events", bytes: draw.whole("bytes", 40, 400), everyMs: draw.whole("everyMs", 30, 350) },
      peer: { http: 1 },
      durationMs: 4000,
      phases: [{ fromMs: 600, toMs: 4000, truth: "application" }],
    }),
  },
  {
    // A WebSocket, for instance: short answers, then more than the peer reads.
    name: "pingpong",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "answer", bytes: draw.whole("bytes", 200, 4000), bulkFromMs: 2500 },
      peer: { every: draw.whole("everyMs", 30, 100), rate: draw.whole("rate", 50_000, 300_000), from: 2200 },
      durationMs: 6500,
      phases: [
        { fromMs: 500, toMs: 2100, truth: "application" },
        { fromMs: 4000, toMs: 6500, truth: "slow reader" },
      ],
    }),
  },
  {
    // The window is small, until it opens.
    name: "opens",
    plan: (draw) => {
      const rttMs = draw.between("rttMs", 60, 120);
      return {
        path: bottleneck(rttMs, draw.between("mbit", 10, 20), rttMs),
        server: bulk,
        peer: { shrink: draw.whole("shrink", 8000, 20_000), openat: 3000 },
        durationMs: 7000,
        phases: [
          { fromMs: 1000, toMs: 2900, truth: "small window" },
          { fromMs: 4500, toMs: 7000, truth: "own queue" },
        ],
      };
    },
  },
  {
    name: "gzip",
    plan: (draw) => ({
      path: bottleneck(draw.between("rttMs", 5, 30), 60, 100),
      server: { does: "gzip", bytes: draw.whole("bytes", 1_000_000, 4_000_000) },
      durationMs: 4000,
      phases: [{ fromMs: 1000, toMs: 4000, truth: "application" }],
    }),
  },
  {
    name: "tls",
    plan: (draw) => {
      const rttMs = draw.between("rttMs", 30, 60);
      return {
        path: bottleneck(rttMs, draw.between("mbit", 5, 20), rttMs),
        server: { does: "tls" },
        peer: "tls",
        durationMs: 4500,
        phases: [{ fromMs: 1000, toMs: 4500, truth: "bandwidth" }],
      };
    },
  },
  {
    // The window of HTTP/2, 64 kB in Node, is smaller than the path. For TCP, the server's program writes too little.
    name: "http2",
    plan: (draw) => ({
      path: longPath(draw.between("rttMs", 60, 160)),
      server: { does: "http2" },
      peer: "http2",
      durationMs: 4000,
      phases: [{ fromMs: 1000, toMs: 4000, truth: "application" }],
    }),
  },
];
