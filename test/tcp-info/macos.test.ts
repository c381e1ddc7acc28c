// The state against macOS's `netstat`, which gets the states of all connections from the kernel by another interface.
import { execFileSync } from "node:child_process";
import type { Socket } from "node:net";
import { getTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, until } from "../helpers/servers";

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
