// getCongestionControl, getSocketOptions, getSocketMemory and getQueuedBytes on a connection whose HTTP request is being
// handled. Each is compared with the same system calls in C.
import { getCongestionControl, getQueuedBytes, getSocketMemory, getSocketOptions } from "sockinfo";
import {
  type CLoop,
  fdOfSocket,
  loopCongestion,
  loopCongestionName,
  loopSocketMemory,
  loopSocketOptions,
  loopSocketQueues,
} from "../compared/c-loop.mts";
import { type LiveRequest, withLiveRequest } from "../connections/live-request.mts";
import { interleave, timed, type Variant } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, ratioRow, valueRow, type Row, type Section } from "../report/section.mts";

/** One function, and what makes the same system calls in C. */
interface Comparison {
  readonly name: string;
  readonly call: () => unknown;
  readonly base: string;
  readonly loop: CLoop;
}

const LIMIT = atMost(1.5);

export function socketFacts({ oneConnection }: SampleSize): Promise<Section> {
  return withLiveRequest(async (live) => {
    const fd = fdOfSocket(live.socket);
    const comparisons = comparisonsOf(live);
    const variants = comparisons.flatMap(({ name, call, base, loop }): [string, Variant][] => [
      [base, (calls) => loop(fd, calls)],
      [name, timed(call)],
    ]);
    const samples = await interleave(Object.fromEntries(variants), oneConnection);
    const times = (name: string) => samples[name] ?? [];
    const rows = comparisons.flatMap(({ name, base }): Row[] => [
      valueRow(base, times(base)),
      ratioRow(name, times(name), { name: base, samples: times(base) }, { limit: LIMIT }),
    ]);
    return {
      title: "Congestion control, options, memory and queues of a live HTTP connection",
      about: "Time per call in an HTTP handler. The C loops make the same system calls on the same descriptor.",
      rows,
    };
  });
}

function comparisonsOf({ req, socket }: LiveRequest): Comparison[] {
  const isBbr = getCongestionControl(socket).name === "bbr";
  return [
    {
      name: "getCongestionControl(req)",
      call: () => getCongestionControl(req),
      base: isBbr ? "C loop: TCP_CONGESTION and TCP_CC_INFO" : "C loop: TCP_CONGESTION",
      loop: isBbr ? loopCongestion : loopCongestionName,
    },
    {
      name: "getSocketOptions(req)",
      call: () => getSocketOptions(req),
      base: "C loop: the same 15 calls",
      loop: loopSocketOptions,
    },
    {
      name: "getSocketMemory(req)",
      call: () => getSocketMemory(req),
      base: "C loop: SO_MEMINFO",
      loop: loopSocketMemory,
    },
    {
      name: "getQueuedBytes(req)",
      call: () => getQueuedBytes(req),
      base: "C loop: the state and three ioctl",
      loop: loopSocketQueues,
    },
  ];
}
