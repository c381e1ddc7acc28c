// Kinds that were made without looking at the rules. Their windows are judged apart from the others.
import { bottleneck, goodPath, longPath, type Kind } from "./kind.mts";

const bulk = { does: "bulk" } as const;

/** The data of a segment. */
const SEGMENT = 1448;

export const BLIND_KINDS: readonly Kind[] = [
  {
    // A phone changes from one cell or access point to another, so that for a moment nothing passes in either direction.
    // All that is on its way is lost, and the server has to wait for its timer. Each phase is a silence and the recovery.
    name: "roaming",
    plan: (draw) => {
      const rttMs = draw.between("rttMs", 20, 60);
      const holeMs = draw.whole("holeMs", 250, 400);
      return {
        path: bottleneck(rttMs, draw.between("mbit", 5, 20), rttMs),
        changes: [
          { atMs: 2000, set: { hole: 1 } },
          { atMs: 2000 + holeMs, set: { hole: 0 } },
          { atMs: 4500, set: { hole: 1 } },
          { atMs: 4500 + holeMs, set: { hole: 0 } },
        ],
        server: bulk,
        durationMs: 5700,
        phases: [
          { fromMs: 1900, toMs: 2900, truth: "short silence" },
          { fromMs: 4400, toMs: 5400, truth: "short silence" },
        ],
      };
    },
  },
  {
    // A video player: it takes the next seconds of its film at once, and then nothing for seconds. Its film has at most
    // 1.2 Mbit/s, the path has at least 20. After the first time, the peer's kernel makes its buffer larger, and the path
    // is the limit until that is full. Later, what the player takes is there again in a part of a second, and the peer is
    // the limit for most of each second.
    name: "player",
    plan: (draw) => {
      const step = draw.whole("stepMs", 2000, 3000);
      const againMs = step + 2000;
      return {
        path: bottleneck(draw.between("rttMs", 10, 40), draw.between("mbit", 20, 60), 100),
        server: bulk,
        peer: { rate: draw.whole("rate", 50_000, 150_000), step },
        durationMs: againMs + 4500,
        phases: [
          { fromMs: 1000, toMs: step, truth: "slow reader" },
          { fromMs: againMs, toMs: againMs + 4500, truth: "slow reader" },
        ],
      };
    },
  },
  {
    // A client that takes too long for each event of a stream. The events are at least 100 kB/s, the client reads at most
    // 30, the path brings at least 2500. Its buffer is full after one or two seconds, and then the events wait in Node.
    name: "feed",
    plan: (draw) => ({
      path: goodPath(draw),
      server: { does: "events", bytes: draw.whole("bytes", 600, 2000), everyMs: draw.whole("everyMs", 3, 6) },
      peer: { http: 1, rate: draw.whole("rate", 10_000, 30_000) },
      durationMs: 7500,
      phases: [{ fromMs: 3500, toMs: 7500, truth: "slow reader" }],
    }),
  },
  {
    // The server's event loop is busy again and again (it compresses, or collects garbage), but so shortly that the
    // kernel has enough to send: its send buffer takes two congestion windows, and asks for more when a third of it is
    // free. So at least a third of a window is not sent yet, which lasts a third of a round trip, 26 ms or more.
    name: "hiccup",
    plan: (draw) => ({
      path: bottleneck(draw.between("rttMs", 80, 100), draw.between("mbit", 5, 20), draw.between("queueMs", 60, 90)),
      server: { does: "bulk", blockMs: draw.whole("blockMs", 8, 20), everyMs: draw.whole("everyMs", 100, 300) },
      durationMs: 6000,
      phases: [{ fromMs: 2000, toMs: 6000, truth: "bandwidth" }],
    }),
  },
  {
    // A small device with a small buffer, on a path that loses a segment now and then. The window is 1.2 times SO_RCVBUF.
    // Losses alone would allow one of 1.22 / sqrt(loss) segments (Mathis et al.), which is larger, by `margin`.
    name: "device",
    plan: (draw) => {
      const rcvbuf = draw.whole("rcvbuf", 8000, 24_000);
      const segments = draw.between("margin", 1.4, 2.4) * ((1.2 * rcvbuf) / SEGMENT);
      return {
        path: { ...longPath(draw.between("rttMs", 60, 160)), loss: 100 * (1.22 / segments) ** 2 },
        server: bulk,
        peer: { rcvbuf },
        durationMs: 6000,
        phases: [{ fromMs: 1500, toMs: 6000, truth: "small window and losses" }],
      };
    },
  },
];
