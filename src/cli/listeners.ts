// sockinfo listeners: every listening TCP socket of the network namespace, and its accept queue.
import { dumpAllTcpSockets, type TcpSocketRow } from "../core";
import type { Command } from "./command";
import { jsonLine, listenerJson } from "./json";
import { listenerLines } from "./listener-lines";
import { rowsOf, unwrap, withOwners } from "./sockets";

export const listeners: Command = {
  name: "listeners",
  usage: "[--json]",
  summary: "List the listening sockets with their queues, drops and owners",
  options: { json: { type: "boolean", help: "Print one line of JSON (docs/cli.md has the schema)" } },
  operands: { least: 0, most: 0 },
  needsLinux: true,
  details: [
    "QUEUE    connections that wait to be accepted",
    "LIMIT    how many may wait: the backlog of listen(), at most net.core.somaxconn",
    "FILL     at 100 % the kernel ignores new clients",
    "DROPPED  attempts that this listener has dropped since it listens",
    "OWNER    a process that holds the socket. Only root sees those of all users.",
  ],
  async run(args, io) {
    const dump = unwrap(await dumpAllTcpSockets({ states: ["LISTEN"] }));
    const found = withOwners(rowsOf(dump).toSorted(byPort));
    if (args.has("json")) {
      io.print(jsonLine({ listeners: found.rows.map((row) => listenerJson(row, found.ownersOf(row))) }));
    } else if (found.rows.length === 0) io.print("No TCP socket listens in this network namespace.");
    else io.print(listenerLines(found, io).join("\n"));
    return 0;
  },
};

function byPort({ local: one }: TcpSocketRow, { local: other }: TcpSocketRow): number {
  return one.port - other.port || (one.address < other.address ? -1 : 1);
}
