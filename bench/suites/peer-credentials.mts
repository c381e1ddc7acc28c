// Repeated calls of getPeerCredentials for one Unix connection: by descriptor number (three system calls each time)
// and by socket (none). fresh-connections.mts has the first call. The cost depends on the peer's groups, because they
// become an array: as root, a peer without groups and one with eight are measured.
import { readFileSync } from "node:fs";
import { getPeerCredentials } from "sockinfo";
import { fdOfSocket, loopPeerCred, loopPeerIdentity } from "../compared/c-loop.mts";
import { isMissing } from "../compared/load.mts";
import { loadPeercred } from "../compared/peercred.mts";
import { withUnixServer, type UnixServer } from "../connections/unix-server.mts";
import { interleave, timed, type Rounds, type Variant } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, ratioRow, valueRow, type Row, type Section } from "../report/section.mts";

const EIGHT_GROUPS = [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008];

export function peerCredentials({ oneConnection }: SampleSize): Promise<Section> {
  return withUnixServer(async (server) => {
    const rows: Row[] = [];
    for (const groups of process.getuid?.() === 0 ? [[], EIGHT_GROUPS] : [undefined]) {
      rows.push(...(await compare(server, groups, oneConnection)));
    }
    const peercred = loadPeercred();
    return {
      title: "getPeerCredentials, repeated calls for one connection",
      about:
        "Time per call. By descriptor number it makes three system calls each time: getpeername, SO_PEERCRED and SO_PEERGROUPS. By " +
        "socket it makes them once and keeps the result. peercred makes one: SO_PEERCRED.",
      rows,
      notes: isMissing(peercred) ? [peercred.missing] : [],
    };
  });
}

/** The peer is this process. Without `groups` it keeps its own. */
async function compare(server: UnixServer, groups: readonly number[] | undefined, rounds: Rounds): Promise<Row[]> {
  const { accepted, close } = await connectInGroups(server, groups);
  const [socket] = accepted as [(typeof accepted)[number]];
  const fd = fdOfSocket(socket);
  const peer = `peer with ${getPeerCredentials(socket).groups?.length ?? "unknown"} groups`;

  const oneCall = `C loop: SO_PEERCRED, ${peer}`;
  const threeCalls = `C loop: the same 3 calls, ${peer}`;
  const byFd = `getPeerCredentials(fd), ${peer}`;
  const bySocket = `getPeerCredentials(socket), repeated, ${peer}`;
  const byPeercred = `peercred 1.1.2: fromSock(socket), ${peer}`;
  const variants: Record<string, Variant> = {
    [oneCall]: (calls) => loopPeerCred(fd, calls),
    [threeCalls]: (calls) => loopPeerIdentity(fd, calls),
    [byFd]: timed(() => getPeerCredentials(fd)),
    [bySocket]: timed(() => getPeerCredentials(socket)),
  };
  const peercred = loadPeercred();
  if (!isMissing(peercred)) variants[byPeercred] = timed(() => peercred.fromSock(socket));

  const samples = await interleave(variants, rounds);
  await close();
  const times = (name: string) => samples[name] ?? [];
  const toOneCall = { name: "C loop: SO_PEERCRED", samples: times(oneCall) };
  const toThreeCalls = { name: "C loop: the same 3 calls", samples: times(threeCalls) };
  return [
    valueRow(oneCall, times(oneCall)),
    valueRow(threeCalls, times(threeCalls)),
    ratioRow(byFd, times(byFd), toOneCall, { limit: atMost(1.5) }),
    ratioRow(byFd, times(byFd), toThreeCalls),
    ratioRow(bySocket, times(bySocket), toOneCall, { limit: atMost(1.5) }),
    ...(samples[byPeercred] ? [ratioRow(byPeercred, samples[byPeercred], toOneCall)] : []),
  ];
}

/** The kernel records the groups that this process has when it calls connect(). */
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

/** Not process.getgroups(): it adds the effective group, which may not be among them. */
function supplementaryGroups(): number[] {
  const [, list = ""] = /^Groups:(.*)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return list.trim().split(/\s+/).filter(Boolean).map(Number);
}
