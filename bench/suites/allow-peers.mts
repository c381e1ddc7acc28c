// What of its new connections per second a server on a Unix socket keeps when the kernel is asked who comes: servers in processes of
// their own, alike but for the gate, take turns.
import { join } from "node:path";
import type { Gate, Protocol } from "../children/peer-server.mts";
import { connectUnix, freshLanes } from "../connections/lanes.mts";
import { takeTurns } from "../connections/take-turns.mts";
import type { Effort } from "../measure/effort.mts";
import type { Row, Section } from "../report/section.mts";
import { turnRows } from "../report/turn-rows.mts";

const CHILD = join(import.meta.dirname, "../children/peer-server.mts");
const LIMIT = 0.95;

/** The second without one shows what the machine makes of two that are the same; the bare call, what no gate can do without. */
const KINDS: Readonly<Record<string, Gate>> = {
  "without a gate": "none",
  "without a gate, again": "none",
  "with the system call alone": "call",
  "with allowPeers, by user": "uids",
  "with allowPeers, by group": "groups",
};

export async function allowPeersCost({ peers }: Effort): Promise<Section> {
  const protocols: readonly Protocol[] = peers.limitedOnly ? ["http"] : ["http", "net"];
  const rows: Row[] = [];
  for (const protocol of protocols) {
    const way = { name: protocol, open: freshLanes.bind(undefined, connectUnix) };
    const kinds = Object.fromEntries(Object.entries(KINDS).map(([kind, gate]) => [kind, [protocol, gate]]));
    const [turns = {}] = await takeTurns(CHILD, kinds, [way], peers);
    const limitOf = (kind: string) => (protocol === "http" && kind.includes("allowPeers") ? LIMIT : undefined);
    rows.push(...turnRows(turns, { way: protocol, unit: "connection", limitOf }));
  }
  const { generations, rounds, turnMs, connections } = peers;
  return {
    title: "allowPeers: new connections over a Unix socket",
    rows,
    notes: [
      `Gates: ${generations} times new processes for all servers, ${rounds} rounds of turns of ${turnMs} ms in each, ` +
        `${connections} connections at a time; the load is a process, too. The ratios are of turns in the same round; ` +
        "what a second server without a gate gets is the noise.",
    ],
  };
}
