// sockinfo unix-peers: who is connected to a Unix socket.
import { dumpUnixSockets } from "../core";
import { clean } from "./clean";
import type { Command } from "./command";
import { jsonLine } from "./json";
import { formatOwners } from "./owners";
import { tableLines } from "./table";
import { findPeers, type Peers } from "./unix-peers-of";
import { findBound, readUnixName } from "./unix-name";
import { unwrap } from "./sockets";

export const unixPeers: Command = {
  name: "unix-peers",
  usage: "(PATH | @NAME) [--json]",
  summary: "List the clients of a Unix socket with user and process",
  options: { json: { type: "boolean", help: "Print one line of JSON (docs/cli.md has the schema)" } },
  operands: { least: 1, most: 1 },
  needsLinux: true,
  details: [
    "sockinfo unix-peers /run/app.sock   the clients of a socket file",
    "sockinfo unix-peers @name           those of an abstract socket",
    "",
    "UID, USER  who created the client's socket",
    "PROCESS    a process that holds it. Only root sees those of all users.",
    "STATE      waiting: the server has not accepted it yet",
  ],
  async run({ operands: [operand = ""], has }, io) {
    const name = readUnixName(operand);
    const dump = unwrap(await dumpUnixSockets());
    const bound = findBound(name, dump.sockets);
    if (bound.length === 0) {
      io.printError(`No Unix socket of this network namespace is bound to ${operand}`);
      return 1;
    }
    const peers = await findPeers(bound, dump.sockets);
    const { isTruncated, isInterrupted } = dump;
    if (has("json")) io.print(jsonLine({ name: operand, isTruncated, isInterrupted, ...peers }));
    else io.print(...peerLines(operand, peers));
    return 0;
  },
};

const COLUMNS = [{ title: "UID", isNumber: true }, { title: "USER" }, { title: "PROCESS" }, { title: "STATE" }];

export function peerLines(operand: string, { servers, clients }: Peers): string[] {
  const owners = servers.map((server) => formatOwners(server.owners, server.uid));
  const head = `${clean(operand)}  served by ${[...new Set(owners)].join(", ")}`;
  if (clients.length === 0) return [head, "", "No client is connected."];
  const rows = clients.map((client) => [
    String(client.uid ?? "-"),
    client.userName ?? "-",
    formatOwners(client.owners, undefined),
    client.state,
  ]);
  const unseen = clients.filter((client) => client.owners.length === 0).length;
  const note = `${unseen} of ${clients.length} processes can't be seen: only their user and root may.`;
  return [head, "", ...tableLines(COLUMNS, rows), ...(unseen > 0 ? ["", note] : [])];
}
