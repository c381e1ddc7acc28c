// Questions about sockets without their descriptors: one by addresses and cookie, and all of a port on a thread.
import { createRequire } from "node:module";
import { join } from "node:path";
import { getTcpInfoBatch } from "sockinfo";
import type * as Core from "../../src/core.ts";
import { fdOfSocket, loopTcpInfo } from "../compared/c-loop.mts";
import { withLiveRequest } from "../connections/live-request.mts";
import { withManyConnections } from "../connections/many-connections.mts";
import { interleave, timed, type Variant } from "../measure/interleave.mts";
import { kept } from "../measure/kept.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { threadCpuNs } from "../measure/thread-clock.mts";
import { atMost, ratioRow, valueRow, type Limit, type Row, type Section } from "../report/section.mts";

// The functions have no public names.
const core = createRequire(import.meta.url)(join(import.meta.dirname, "../../dist/core.js")) as typeof Core;

const C_LOOP = "C loop: TCP_INFO";
const BATCH = "getTcpInfoBatch";
const DUMP = "dumpTcpSockets";
const LIMITS: Readonly<Record<string, Limit>> = { "TCP_INFO and cookie, one native call": atMost(2.5) };

export async function sockDiag(size: SampleSize): Promise<Section> {
  const one = await oneSocket(size);
  const all = await allSockets(size);
  return {
    title: "Sockets without descriptors (sock_diag)",
    about:
      "Time per socket. The C loop calls getsockopt(TCP_INFO) on the same descriptor. findTcpSocket opens a netlink " +
      'socket, asks, and closes it. Another thread makes a dump, so its time is elapsed time; "main thread" is the CPU time that ' +
      "it takes from the event loop.",
    rows: [...one, ...all],
  };
}

async function oneSocket({ oneConnection }: SampleSize): Promise<Row[]> {
  return withLiveRequest(async ({ socket }) => {
    const binding = core.loadAddon();
    if (binding instanceof core.Failure) throw binding.toError();
    const fd = fdOfSocket(socket);
    const cookie = core.readCookie(binding, fd) as bigint;
    const local = { address: socket.localAddress as string, port: socket.localPort as number };
    const remote = { address: socket.remoteAddress as string, port: socket.remotePort as number };
    const variants: Record<string, Variant> = {
      [C_LOOP]: (calls) => loopTcpInfo(fd, calls),
      "TCP_INFO, native call": timed(() => binding.tcpInfo(fd)),
      "TCP_INFO and cookie, one native call": timed(() => binding.tcpInfoAndCookie(fd)),
      readCookie: timed(() => core.readCookie(binding, fd)),
      findTcpSocket: timed(() => core.findTcpSocket({ local, remote, cookie })),
      "findTcpSocket, no such socket": timed(() => core.findTcpSocket({ local, remote, cookie: cookie + 1n })),
    };
    const samples = await interleave(variants, oneConnection);
    const base = { name: C_LOOP, samples: samples[C_LOOP] as number[] };
    return Object.entries(samples).map(([name, times]) =>
      name === C_LOOP ? valueRow(name, times) : ratioRow(name, times, base, { limit: LIMITS[name] }),
    );
  });
}

async function allSockets({ snapshot }: SampleSize): Promise<Row[]> {
  return withManyConnections(snapshot.connections, async ({ sockets }) => {
    const port = sockets[0]?.localPort as number;
    const mainThread: number[] = [];
    const variants: Record<string, Variant> = {
      [BATCH]: () => {
        const start = threadCpuNs();
        kept.result = getTcpInfoBatch(sockets);
        return (threadCpuNs() - start) / sockets.length;
      },
      [DUMP]: async () => {
        const [start, used] = [process.hrtime.bigint(), threadCpuNs()];
        const dump = await core.dumpTcpSockets(port, { states: ["ESTABLISHED"] });
        const elapsed = Number(process.hrtime.bigint() - start);
        const mainNs = threadCpuNs() - used;
        if (dump instanceof core.Failure) throw dump.toError();
        if (dump.length !== sockets.length) throw new Error(`${dump.length} of ${sockets.length} sockets`);
        mainThread.push(mainNs / sockets.length);
        return elapsed / sockets.length;
      },
    };
    const samples = await interleave(variants, snapshot);
    const base = { name: BATCH, samples: samples[BATCH] as number[] };
    const name = `${DUMP}, ${sockets.length} sockets`;
    return [
      valueRow(`${BATCH}, ${sockets.length} sockets`, base.samples),
      ratioRow(name, samples[DUMP] as number[], base),
      ratioRow(`${name}: main thread`, mainThread.slice(-base.samples.length), base),
    ];
  });
}
