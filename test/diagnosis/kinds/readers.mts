// The peer is the limit: it reads slowly or not at all, or its buffer is small.
import { goodPath, longPath, type Kind } from "./kind.mts";

export const READERS: readonly Kind[] = [
  {
    name: "stop",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "bulk" },
      peer: { stopafter: draw.whole("stopafter", 50_000, 600_000) },
      durationMs: 5000,
      phases: [{ fromMs: 2000, toMs: 5000, truth: "slow reader" }],
    }),
  },
  {
    name: "slow",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "bulk" },
      peer: { rate: draw.whole("rate", 50_000, 400_000), step: 50 },
      durationMs: 4500,
      phases: [{ fromMs: 1500, toMs: 4500, truth: "slow reader" }],
    }),
  },
  {
    name: "chunky",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "bulk" },
      peer: { rate: draw.whole("rate", 100_000, 400_000), step: draw.whole("stepMs", 250, 600) },
      durationMs: 5000,
      phases: [{ fromMs: 1500, toMs: 5000, truth: "slow reader" }],
    }),
  },
  {
    name: "rcvbuf",
    plan: (draw) => ({
      path: longPath(draw.between("rttMs", 60, 160)),
      server: { does: "bulk" },
      peer: { rcvbuf: draw.whole("rcvbuf", 8000, 40_000) },
      durationMs: 3500,
      phases: [{ fromMs: 1000, toMs: 3500, truth: "small window" }],
    }),
  },
];
