// getPeerCredentials of one accepted Unix connection: by descriptor number, which asks the system each time, and by socket,
// which has been asked before. fresh-connections.mts has the first question of a connection.
import { getPeerCredentials } from "sockinfo";
import { loopPeerCred, loopPeerIdentity } from "../compared/c-loop.mts";
import { isMissing } from "../compared/load.mts";
import { loadPeercred } from "../compared/peercred.mts";
import { fdOfSocket, withUnixServer } from "../connections/unix-server.mts";
import type { Effort } from "../measure/effort.mts";
import { interleave, timed, type Variant } from "../measure/interleave.mts";
import { ratioRow, timeRow, type Section } from "../report/section.mts";

const ONE = "C loop: SO_PEERCRED";
const THREE = "C loop: the same 3 calls";
const BY_FD = "getPeerCredentials(fd), asks each time";
const AGAIN = "getPeerCredentials(socket), asked again";
const OTHER = "peercred 1.1.2: fromSock(socket)";

export function peerCredentials(effort: Effort): Promise<Section> {
  return withUnixServer(async (server) => {
    const { accepted, close } = await server.connect(1);
    const [socket] = accepted as [(typeof accepted)[number]];
    const fd = fdOfSocket(socket);
    const variants: Record<string, Variant> = {
      [ONE]: (calls) => loopPeerCred(fd, calls),
      [THREE]: (calls) => loopPeerIdentity(fd, calls),
      [BY_FD]: timed(() => getPeerCredentials(fd)),
      [AGAIN]: timed(() => getPeerCredentials(socket)),
    };
    const peercred = loadPeercred();
    if (!isMissing(peercred)) variants[OTHER] = timed(() => peercred.fromSock(socket));

    const samples = interleave(variants, effort.hot);
    await close();
    const times = (name: string) => samples[name] as readonly number[];
    const one = { name: ONE, samples: times(ONE) };
    const three = { name: THREE, samples: times(THREE) };
    const rows = [
      timeRow(ONE, one.samples),
      timeRow(THREE, three.samples),
      ratioRow(BY_FD, times(BY_FD), one, 1.5),
      ratioRow(BY_FD, times(BY_FD), three),
      ratioRow(AGAIN, times(AGAIN), one, 1.5),
    ];
    if (isMissing(peercred)) return { title: "Peer credentials", rows, notes: [peercred.missing] };
    return { title: "Peer credentials", rows: [...rows, ratioRow(OTHER, times(OTHER), one)] };
  });
}
