// The first getPeerCredentials call for a connection. Each variant gets new connections and calls once for each of
// them. The C loops get new connections, too, because the kernel's data about them is not in the processor's caches.
import type { Socket } from "node:net";
import { getPeerCredentials } from "sockinfo";
import { fdOfSocket, loopPeerCred, loopPeerIdentity } from "../compared/c-loop.mts";
import { isMissing } from "../compared/load.mts";
import { loadPeercred } from "../compared/peercred.mts";
import { withUnixServer } from "../connections/unix-server.mts";
import { interleave, type Variant } from "../measure/interleave.mts";
import { kept } from "../measure/kept.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { threadCpuNs } from "../measure/thread-clock.mts";
import { atMost, ratioRow, valueRow, type Section } from "../report/section.mts";

const ONE_CALL = "C loop: SO_PEERCRED, new connections";
const THREE_CALLS = "C loop: the same 3 calls, new connections";
const OURS = "getPeerCredentials(socket), first call of a connection";
const PEERCRED = "peercred 1.1.2: fromSock(socket), first call";

export function freshConnections({ newConnections }: SampleSize): Promise<Section> {
  const peercred = loadPeercred();
  return withUnixServer(async (server) => {
    const variant =
      (measure: (sockets: readonly Socket[]) => number): Variant =>
      async (calls) => {
        const { accepted, close } = await server.connect(calls);
        const nanoseconds = measure(accepted);
        await close();
        return nanoseconds;
      };
    const samples = await interleave<string>(
      {
        [ONE_CALL]: variant((sockets) => loopPeerCred(sockets.map(fdOfSocket), sockets.length)),
        [THREE_CALLS]: variant((sockets) => loopPeerIdentity(sockets.map(fdOfSocket), sockets.length)),
        [OURS]: variant((sockets) => timedOnce(getPeerCredentials, sockets)),
        ...(!isMissing(peercred) && {
          [PEERCRED]: variant((sockets) => timedOnce((socket) => peercred.fromSock(socket), sockets)),
        }),
      },
      newConnections,
    );

    const base = (name: string) => ({ name, samples: samples[name] ?? [] });
    const ours = samples[OURS] ?? [];
    const rows = [
      valueRow(ONE_CALL, base(ONE_CALL).samples),
      valueRow(THREE_CALLS, base(THREE_CALLS).samples),
      ratioRow(OURS, ours, base(ONE_CALL), { limit: atMost(1.5) }),
      ratioRow(OURS, ours, base(THREE_CALLS)),
    ];
    if (samples[PEERCRED]) rows.push(ratioRow(PEERCRED, samples[PEERCRED], base(ONE_CALL)));
    return {
      title: "getPeerCredentials, the first call for a connection",
      about:
        "Time per call. Every measurement is made on new connections, those of the C loops too. The same 3 calls are those of " +
        "getPeerCredentials: getpeername, SO_PEERCRED and SO_PEERGROUPS. peercred makes one: SO_PEERCRED.",
      rows,
    };
  });
}

/** Returns the nanoseconds per socket. */
function timedOnce(call: (socket: Socket) => unknown, sockets: readonly Socket[]): number {
  const start = threadCpuNs();
  for (const socket of sockets) kept.result = call(socket);
  return (threadCpuNs() - start) / sockets.length;
}
