// getPeerCredentials asked for the first time: each round accepts new Unix connections, each of which is asked about
// once, by one of the variants. The C loops are as cold: their connections are as new.
import type { Socket } from "node:net";
import { getPeerCredentials } from "sockinfo";
import { loopPeerCred, loopPeerIdentity } from "../compared/c-loop.mts";
import { isMissing } from "../compared/load.mts";
import { loadPeercred } from "../compared/peercred.mts";
import { fdOfSocket, withUnixServer } from "../connections/unix-server.mts";
import type { Effort } from "../measure/effort.mts";
import { ratioRow, timeRow, type Section } from "../report/section.mts";

const ONE = "C loop: SO_PEERCRED, new connections";
const THREE = "C loop: the same 3 calls, new connections";
const FIRST = "getPeerCredentials(socket), first call of a connection";
const OTHER = "peercred 1.1.2: fromSock(socket), first call";

/** Nanoseconds per socket. */
type Ask = (sockets: readonly Socket[]) => number;

export function freshConnections({ fresh: { rounds, calls } }: Effort): Promise<Section> {
  const peercred = loadPeercred();
  const variants: Record<string, Ask> = {
    [ONE]: (sockets) => loopPeerCred(sockets.map(fdOfSocket), sockets.length),
    [THREE]: (sockets) => loopPeerIdentity(sockets.map(fdOfSocket), sockets.length),
    [FIRST]: timedOnce(getPeerCredentials),
    ...(isMissing(peercred) ? {} : { [OTHER]: timedOnce((socket) => peercred.fromSock(socket)) }),
  };
  const names = Object.keys(variants);

  return withUnixServer(async (server) => {
    const first = await server.connect(1);
    const groups = getPeerCredentials(fdOfSocket(first.accepted[0] as Socket)).groups?.length ?? "unknown";
    await first.close();
    const samples = new Map(names.map((name) => [name, [] as number[]]));
    const warmUp = 60;
    for (let round = -warmUp; round < rounds; round++) {
      const { accepted, close } = await server.connect(calls * names.length);
      for (let turn = 0; turn < names.length; turn++) {
        const name = names[(round + warmUp + turn) % names.length] as string;
        const time = variants[name]?.(accepted.slice(turn * calls, (turn + 1) * calls)) as number;
        if (round >= 0) samples.get(name)?.push(time);
      }
      await close();
    }
    const times = (name: string) => samples.get(name) as readonly number[];
    const one = { name: ONE, samples: times(ONE) };
    const three = { name: THREE, samples: times(THREE) };
    const rows = [
      timeRow(ONE, one.samples),
      timeRow(THREE, three.samples),
      ratioRow(FIRST, times(FIRST), one, 1.5),
      ratioRow(FIRST, times(FIRST), three),
    ];
    if (!isMissing(peercred)) rows.push(ratioRow(OTHER, times(OTHER), one));
    return { title: `Peer credentials of new connections, peer with ${groups} groups`, rows };
  });
}

function timedOnce(ask: (socket: Socket) => unknown): Ask {
  return (sockets) => {
    const start = process.hrtime.bigint();
    for (const socket of sockets) kept.result = ask(socket);
    return Number(process.hrtime.bigint() - start) / sockets.length;
  };
}

const kept: { result: unknown } = { result: undefined };
