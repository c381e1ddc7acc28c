// Against programs of macOS: `netstat`, which gets the states of all connections from the kernel by another way, and `id`.
import { execFileSync } from "node:child_process";
import type { Socket } from "node:net";
import { getPeerCredentials, getPeerIdentity, getTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, socketPath, until } from "../helpers/servers";

/** `tcp4  0  0  127.0.0.1.50001  127.0.0.1.50000  CLOSE_WAIT` */
function stateOf({ localPort, remotePort }: Socket): string | undefined {
  const table = execFileSync("netstat", ["-an", "-p", "tcp"], { encoding: "utf8" });
  const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
  const row = rows.find(
    ([, , , local, remote]) => local?.endsWith(`.${localPort}`) && remote?.endsWith(`.${remotePort}`),
  );
  return row?.[5];
}

describe.skipIf(lacks("macos"))("the state is the one that netstat shows", () => {
  test.each(["127.0.0.1", "::1"])("over %s, from the beginning to the end of one side", async (host) => {
    const { client, accepted } = await connectPair({ host, port: 0 });
    for (const socket of [client, accepted]) {
      expect(stateOf(socket)).toBe("ESTABLISHED");
      expect(getTcpInfo(socket).state).toBe("ESTABLISHED");
    }
    accepted.resume();
    client.end("goodbye");
    await until(() => stateOf(accepted) === "CLOSE_WAIT" && stateOf(client) === "FIN_WAIT_2");
    expect(getTcpInfo(accepted).state).toBe("CLOSE_WAIT");
    expect(getTcpInfo(client).state).toBe("FIN_WAIT_2");
  });
});

test.skipIf(lacks("macos"))("groups are some of those that `id` gives, the effective one not among them", async () => {
  const { accepted } = await connectPair({ path: socketPath() });
  const all = execFileSync("id", ["-G"], { encoding: "utf8" }).trim().split(" ").map(Number);
  const groups = getPeerCredentials(accepted).groups ?? [];
  expect(groups.length).toBe(Math.min(all.length, 16) - 1);
  expect(groups.filter((group) => !all.includes(group) || group === process.getegid?.())).toEqual([]);
});

test.skipIf(lacks("macos"))("effective pid and audit token of a peer that is this process are its own", async () => {
  const { accepted } = await connectPair({ path: socketPath() });
  const { effectivePid, auditToken } = getPeerIdentity(accepted);
  expect(effectivePid).toBe(process.pid);
  expect(auditToken).toMatchObject({
    uid: process.geteuid?.(),
    gid: process.getegid?.(),
    realUid: process.getuid?.(),
    realGid: process.getgid?.(),
    pid: process.pid,
  });
});
