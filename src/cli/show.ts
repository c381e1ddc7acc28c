// sockinfo show :port, and sockinfo show ADDRESS:port.
import type { Command } from "./command";
import { readEndpoint, readPort } from "./endpoint";
import { UsageError } from "./command";
import { showConnection } from "./show-connection";
import { showPort } from "./show-port";

export const show: Command = {
  name: "show",
  usage: "(:port | REMOTE [LOCAL]) [--json]",
  summary: "Show the connections of a port, or all about one connection",
  options: { json: { type: "boolean", help: "Print one line of JSON (docs/cli.md has the schema)" } },
  operands: { least: 1, most: 2 },
  needsLinux: true,
  details: [
    "sockinfo show :443                          the connections of a port",
    "sockinfo show 192.0.2.7:51034               the connection with this remote end",
    "sockinfo show 192.0.2.7:51034 10.0.0.2:443  the one that also has this local end",
    "sockinfo show [2001:db8::7]:51034           an IPv6 address is in brackets",
    "",
    "If no connection has this remote end, the local end counts. For the verdict, one",
    "connection is read twice, with one second between.",
  ],
  async run({ operands: [first = "", second], has }, io) {
    const port = readPort(first);
    if (port === undefined) {
      const [remote, local] = [readEndpoint(first), second === undefined ? undefined : readEndpoint(second)];
      return showConnection(remote, local, has("json"), io);
    }
    if (second !== undefined) throw new UsageError(`Unexpected argument "${second}" after a port`);
    return showPort(port, has("json"), io);
  },
};
