// getPeerCredentials of one accepted Unix connection: by descriptor number, which asks the system each time, and by
// socket, which has been asked before. fresh-connections.mts has the first question of a connection. The peer's groups
// are a list that has to be made, so as root both a peer without groups and one with some are looked at.
import { readFileSync } from "node:fs";
import { getPeerCredentials } from "sockinfo";
import { loopPeerCred, loopPeerIdentity } from "../compared/c-loop.mts";
import { isMissing } from "../compared/load.mts";
import { loadPeercred } from "../compared/peercred.mts";
import { fdOfSocket, withUnixServer, type UnixServer } from "../connections/unix-server.mts";
import type { Effort } from "../measure/effort.mts";
import { interleave, timed, type Rounds, type Variant } from "../measure/interleave.mts";
import { ratioRow, timeRow, type Row, type Section } from "../report/section.mts";

const EIGHT_GROUPS = [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008];

export function peerCredentials({ hot }: Effort): Promise<Section> {
  return withUnixServer(async (server) => {
    const rows: Row[] = [];
    for (const groups of process.getuid?.() === 0 ? [[], EIGHT_GROUPS] : [undefined]) {
      rows.push(...(await compare(server, groups, hot)));
    }
    const peercred = loadPeercred();
    return { title: "Peer credentials", rows, notes: isMissing(peercred) ? [peercred.missing] : [] };
  });
}

/** Without `groups` they are those of this process. */
async function compare(server: UnixServer, groups: readonly number[] | undefined, rounds: Rounds): Promise<Row[]> {
  const { accepted, close } = await connectInGroups(server, groups);
  const [socket] = accepted as [(typeof accepted)[number]];
  const fd = fdOfSocket(socket);
  const peer = `peer with ${getPeerCredentials(socket).groups?.length ?? "unknown"} groups`;

  const one = `C loop: SO_PEERCRED, ${peer}`;
  const three = `C loop: the same 3 calls, ${peer}`;
  const byFd = `getPeerCredentials(fd), asks each time, ${peer}`;
  const again = `getPeerCredentials(socket), asked again, ${peer}`;
  const other = `peercred 1.1.2: fromSock(socket), ${peer}`;
  const variants: Record<string, Variant> = {
    [one]: (calls) => loopPeerCred(fd, calls),
    [three]: (calls) => loopPeerIdentity(fd, calls),
    [byFd]: timed(() => getPeerCredentials(fd)),
    [again]: timed(() => getPeerCredentials(socket)),
  };
  const peercred = loadPeercred();
  if (!isMissing(peercred)) variants[other] = timed(() => peercred.fromSock(socket));

  const samples = interleave(variants, rounds);
  await close();
  const times = (name: string) => samples[name] as readonly number[];
  const toOne = { name: "C loop: SO_PEERCRED", samples: times(one) };
  const toThree = { name: "C loop: the same 3 calls", samples: times(three) };
  return [
    timeRow(one, times(one)),
    timeRow(three, times(three)),
    ratioRow(byFd, times(byFd), toOne, 1.5),
    ratioRow(byFd, times(byFd), toThree),
    ratioRow(again, times(again), toOne, 1.5),
    ...(samples[other] ? [ratioRow(other, samples[other], toOne)] : []),
  ];
}

/** The kernel keeps the groups that this process has at the moment of connect(). */
async function connectInGroups(
  server: UnixServer,
  groups: readonly number[] | undefined,
): ReturnType<UnixServer["connect"]> {
  if (groups === undefined) return server.connect(1);
  const before = supplementaryGroups();
  process.setgroups?.(groups);
  try {
    return await server.connect(1);
  } finally {
    process.setgroups?.(before);
  }
}

/** Not process.getgroups(): that adds the effective group, which need not be among them. */
function supplementaryGroups(): number[] {
  const [, list = ""] = /^Groups:(.*)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return list.trim().split(/\s+/).filter(Boolean).map(Number);
}
