// What allowPeers costs a server on a Unix socket for each new connection.
import { join } from "node:path";
import type { PeerCheck, Protocol } from "../children/peer-server.mts";
import { connectUnix, openNewConnectionClients } from "../connections/clients.mts";
import { compareServers, type Scenario } from "../connections/compare-servers.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { atMost, type Row, type Section } from "../report/section.mts";
import { describeSlices, sliceRows, type ServerLimits } from "../report/slice-rows.mts";

const PROGRAM = join(import.meta.dirname, "../children/peer-server.mts");

const SERVERS: Readonly<Record<string, PeerCheck>> = {
  "without allowPeers": "none",
  "with the bare SO_PEERCRED from C": "c-loop",
  "with allowPeers, by user": "uids",
  "with allowPeers, by group": "groups",
};

const HTTP_LIMITS: ServerLimits = {
  "with allowPeers, by user": { cpuTime: atMost(1.05) },
  "with allowPeers, by group": { cpuTime: atMost(1.05) },
};

export async function allowPeersCost({ peers, limitedOnly }: SampleSize): Promise<Section> {
  const protocols: readonly Protocol[] = limitedOnly ? ["http"] : ["http", "net"];
  const rows: Row[] = [];
  for (const protocol of protocols) {
    const scenario: Scenario = {
      name: protocol,
      counted: "connection",
      openClients: openNewConnectionClients.bind(undefined, connectUnix),
    };
    const servers = Object.fromEntries(Object.entries(SERVERS).map(([name, check]) => [name, [protocol, check]]));
    const slices = await compareServers(PROGRAM, servers, scenario, peers);
    rows.push(...sliceRows(scenario, slices, protocol === "http" ? HTTP_LIMITS : {}));
  }
  return {
    title: "allowPeers: new connections to a server on a Unix socket",
    about:
      "Each connection brings one request, which the server answers. http is a server of node:http, net one of node:net. Any check " +
      `of peers needs SO_PEERCRED, so one server makes this call from C and nothing else. ${describeSlices(peers)}`,
    rows,
  };
}
