// The server is the limit: its program, its event loop, its send buffer, or it has nothing to send.
import { bottleneck, goodPath, longPath, type Kind } from "./kind.mts";

export const SENDERS: readonly Kind[] = [
  {
    name: "drip",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "drip", bytes: draw.whole("bytes", 300, 8000), everyMs: draw.whole("everyMs", 40, 200) },
      durationMs: 3500,
      phases: [{ fromMs: 600, toMs: 3500, truth: "application" }],
    }),
  },
  {
    // Some data is always on its way.
    name: "tight",
    plan: (draw) => ({
      path: longPath(draw.between("rttMs", 80, 160)),
      server: { does: "drip", bytes: draw.whole("bytes", 2000, 12_000), everyMs: draw.whole("everyMs", 15, 40) },
      durationMs: 3000,
      phases: [{ fromMs: 800, toMs: 3000, truth: "application" }],
    }),
  },
  {
    // The peer has ended its side, the server goes on.
    name: "half",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "drip", bytes: draw.whole("bytes", 1000, 8000), everyMs: 80 },
      peer: { half: 1 },
      durationMs: 3000,
      phases: [{ fromMs: 600, toMs: 3000, truth: "application" }],
    }),
  },
  {
    name: "rr",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "answer", bytes: draw.whole("bytes", 500, 12_000) },
      peer: { every: draw.whole("everyMs", 20, 150) },
      durationMs: 3000,
      phases: [{ fromMs: 500, toMs: 3000, truth: "application" }],
    }),
  },
  {
    name: "lanrr",
    plan: (draw) => ({
      network: "veth",
      server: { does: "answer", bytes: draw.whole("bytes", 500, 12_000) },
      peer: { every: draw.whole("everyMs", 5, 50) },
      durationMs: 2500,
      phases: [{ fromMs: 500, toMs: 2500, truth: "application" }],
    }),
  },
  {
    name: "burst",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "drip", bytes: draw.whole("bytes", 20_000, 60_000), everyMs: draw.whole("everyMs", 500, 900) },
      durationMs: 4000,
      phases: [{ fromMs: 300, toMs: 4000, truth: "application" }],
    }),
  },
  {
    name: "jitter",
    plan: (draw) => ({
      path: { ...goodPath(draw), jitter: draw.between("jitterMs", 3, 20) },
      server: { does: "drip", bytes: draw.whole("bytes", 500, 8000), everyMs: draw.whole("everyMs", 40, 150) },
      durationMs: 3500,
      phases: [{ fromMs: 800, toMs: 3500, truth: "application" }],
    }),
  },
  {
    name: "blocked",
    plan: (draw) => ({
      path: { ...bottleneck(draw.between("rttMs", 10, 40), 50, 100) },
      server: { does: "bulk", blockMs: draw.whole("blockMs", 600, 850), everyMs: 1000 },
      durationMs: 4200,
      phases: [{ fromMs: 1000, toMs: 4000, truth: "application" }],
    }),
  },
  {
    name: "sndbuf",
    plan: (draw) => ({
      path: longPath(draw.between("rttMs", 50, 150)),
      listen: { sndbuf: draw.whole("sndbuf", 8000, 40_000) },
      server: { does: "bulk" },
      durationMs: 3500,
      phases: [{ fromMs: 800, toMs: 3500, truth: "small send buffer" }],
    }),
  },
  {
    name: "idle",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "answer", bytes: draw.whole("bytes", 500, 9000), atMost: 5 },
      peer: { every: 20 },
      durationMs: 3500,
      phases: [{ fromMs: 1300, toMs: 3500, truth: "idle" }],
    }),
  },
  {
    // The kernel takes all of it at once. Otherwise Node would not end its side before the peer reads.
    name: "close",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "send", bytes: draw.whole("bytes", 20_000, 40_000), ends: true },
      peer: { rcvbuf: 8000, stopafter: 4000 },
      durationMs: 3500,
      phases: [{ fromMs: 1200, toMs: 3500, truth: "closing" }],
    }),
  },
];
