// The sections closed and unix-peers of docs/cli.md: the transcripts are what the program prints, and --json has the
// documented keys. After a change: `npx vitest run test/docs/cli-ends-and-peers.test.ts --update` writes them anew.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tablePrinter } from "../../src/cli/closed-lines";
import type { Io } from "../../src/cli/command";
import type { Ended } from "../../src/cli/ended";
import { peerLines } from "../../src/cli/unix-peers";
import type { Client, Server } from "../../src/cli/unix-peers-of";
import { root } from "../helpers/docs";

const page = join(root, "docs/cli.md");

const ENDED: Ended = {
  local: { address: "10.0.0.2", port: 443 },
  remote: { address: "192.0.2.7", port: 51034 },
  cookie: 1n,
  result: "delivered",
  sentBytes: 34_752,
  receivedBytes: 813,
  unackedBytes: 0,
  unsentBytes: 0,
  retransmittedSegments: 0,
  tcpInfo: undefined,
};

const NONE = { sentBytes: undefined, receivedBytes: undefined, retransmittedSegments: undefined };

function closedLines(): string[] {
  const lines: string[] = [];
  const io = { print: (...printed: string[]) => void lines.push(...printed), paint: (_: string, line: string) => line };
  const printer = tablePrinter(false, io as unknown as Io);
  const others: Partial<Ended>[] = [
    {},
    { remote: { address: "198.51.100.23", port: 40112 }, sentBytes: 1_240_000, retransmittedSegments: 17 },
    {
      remote: { address: "198.51.100.9", port: 52210 },
      result: "incomplete",
      sentBytes: 2_560_000,
      unackedBytes: 65_160,
      unsentBytes: 3_791_872,
      retransmittedSegments: 9,
    },
    { remote: { address: "192.0.2.7", port: 0 }, result: "aborted", ...NONE },
  ];
  for (const [index, other] of others.entries()) {
    printer.ended({ ...ENDED, ...other }, new Date(2026, 10, 30, 3, 12, 7 + 2 * index));
  }
  return ["$ npx sockinfo closed :443", ...lines];
}

function unixPeersLines(): string[] {
  const owners = [{ pid: 4242, comm: "node" }];
  const queue = { acceptQueueLength: 1, acceptQueueLimit: 511 };
  const server: Server = { type: "STREAM", uid: 0, inode: 1, ...queue, owners };
  const client = (uid: number, userName: string, comm: string, pid: number, state: Client["state"]): Client => ({
    uid,
    userName,
    inode: 2,
    state,
    owners: [{ pid, comm }],
  });
  const clients = [
    client(33, "www-data", "nginx", 120, "accepted"),
    client(33, "www-data", "nginx", 121, "accepted"),
    client(1000, "alice", "curl", 5120, "waiting"),
  ];
  return ["$ npx sockinfo unix-peers /run/app.sock", ...peerLines("/run/app.sock", { servers: [server], clients })];
}

test("each transcript is what the program prints", async () => {
  let written = readFileSync(page, "utf8");
  for (const [name, lines] of Object.entries({ closed: closedLines(), "unix-peers": unixPeersLines() })) {
    const block = new RegExp(`^\`\`\`console ${name}\n[^]*?^\`\`\`$`, "m");
    expect(written).toMatch(block);
    written = written.replace(block, () => `\`\`\`console ${name}\n${lines.join("\n")}\n\`\`\``);
  }
  await expect(written).toMatchFileSnapshot(page);
});
