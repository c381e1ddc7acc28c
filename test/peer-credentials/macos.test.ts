// The identity of this very process as a peer, against macOS's `id` and Node's own ids.
import { execFileSync } from "node:child_process";
import { getPeerCredentials, getPeerIdentity } from "sockinfo";
import { expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, socketPath } from "../helpers/servers";

test.skipIf(lacks("macos"))("groups are some of those that `id` lists, without the effective one", async () => {
  const { accepted } = await connectPair({ path: socketPath() });
  const all = execFileSync("id", ["-G"], { encoding: "utf8" }).trim().split(" ").map(Number);
  const groups = getPeerCredentials(accepted).groups ?? [];
  expect(groups.length).toBe(Math.min(all.length, 16) - 1);
  expect(groups.filter((group) => !all.includes(group) || group === process.getegid?.())).toEqual([]);
});

test.skipIf(lacks("macos"))(
  "the effective pid and the audit token of a peer that is this process are its own",
  async () => {
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
  },
);
