// Names of users and groups against `getent`; and that nobody is held up by a directory, which may be far away.
import { execFileSync, spawnSync } from "node:child_process";
import { pbkdf2 } from "node:crypto";
import { getPeerNames, SocketInfoError } from "sockinfo";
import { getGroupId, getUserId } from "sockinfo/unix";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, socketPath } from "../helpers/servers";

/** `[name, id]` of the first entries. */
function entries(database: "passwd" | "group"): [string, number][] {
  const lines = execFileSync("getent", [database], { encoding: "utf8" }).trim().split("\n");
  return lines.slice(0, 12).map((line) => [line.split(":")[0] ?? "", Number(line.split(":")[2])]);
}

/** An id that nobody has. */
function unused(database: "passwd" | "group"): number {
  const id = 3_123_456_789;
  expect(spawnSync("getent", [database, String(id)]).status).toBe(2);
  return id;
}

describe.skipIf(lacks("linux"))("the directory", () => {
  test("users by id and by name", async () => {
    for (const [name, uid] of entries("passwd")) {
      expect((await getPeerNames({ uid, gid: 0 })).userName).toBe(name);
      expect(await getUserId(name)).toBe(uid);
    }
  });

  test("groups by id and by name", async () => {
    for (const [name, gid] of entries("group")) {
      expect((await getPeerNames({ uid: 0, gid })).groupName).toBe(name);
      expect(await getGroupId(name)).toBe(gid);
    }
  });

  test("ids and names that nobody has are undefined", async () => {
    const names = await getPeerNames({ uid: unused("passwd"), gid: unused("group") });
    expect(names).toEqual({ userName: undefined, groupName: undefined });
    expect([await getUserId("nobody of this name"), await getGroupId("x".repeat(5000))]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test.skipIf(lacks("strace"))("is asked once, however often and at the same time", () => {
    const script = `
      const { getPeerNames } = require(${JSON.stringify(require.resolve("sockinfo"))});
      (async () => {
        await Promise.all(Array.from({ length: 20 }, () => getPeerNames({ uid: 1, gid: 1 })));
        for (let count = 0; count < 20; count++) await getPeerNames({ uid: 1, gid: 1 });
      })();`;
    const traced = ["-f", "-qq", "-e", "trace=?open,openat", process.execPath, "-e", script];
    const { stderr } = spawnSync("strace", traced, { encoding: "utf8" });
    for (const file of ["passwd", "group"]) expect(stderr.match(new RegExp(`"/etc/${file}"`, "g"))).toHaveLength(1);
  });
});

test("of a connection, by whatever leads to it", async () => {
  const { accepted } = await connectPair({ path: socketPath() });
  const ids = { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 };
  expect(await getPeerNames(accepted)).toEqual(await getPeerNames(ids));
  expect((await getPeerNames(accepted)).userName).toBe(execFileSync("id", ["-un"], { encoding: "utf8" }).trim());
});

test("the event loop goes on while no thread is free to ask", async () => {
  const jobs = Array.from(
    { length: 8 },
    () => new Promise((resolve) => pbkdf2("x", "y", 60_000, 64, "sha512", resolve)),
  );
  let isAnswered = false;
  const answer = getPeerNames({ uid: 12_345, gid: 12_345 }).finally(() => (isAnswered = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAnswered).toBe(false);
  await Promise.all([...jobs, answer]);
  expect(isAnswered).toBe(true);
});

test("what is no peer and no name is an error with a code", async () => {
  const { accepted: overTcp } = await connectPair();
  const calls = {
    ERR_SOCKINFO_NOT_UNIX: [() => getPeerNames(overTcp)],
    ERR_SOCKINFO_INVALID_ARGUMENT: [
      () => getPeerNames(undefined as never),
      () => getUserId(""),
      () => getUserId("a\0b"),
      () => getUserId(0 as never),
      () => getGroupId(undefined as never),
    ],
    ERR_SOCKINFO_NO_SOCKET: [() => getPeerNames({ uid: -1, gid: 0 }), () => getPeerNames({ uid: "0" } as never)],
  };
  for (const [code, all] of Object.entries(calls)) {
    for (const call of all) {
      const error: unknown = await call().then(undefined, (reason: unknown) => reason);
      expect(error).toBeInstanceOf(SocketInfoError);
      expect(error).toMatchObject({ code });
    }
  }
});
