// Names of users and groups against `getent`; and that nobody is held up by a directory, which may be far away.
import { execFileSync, spawnSync } from "node:child_process";
import { pbkdf2 } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { IncomingMessage } from "node:http";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { runInNewContext } from "node:vm";
import { getPeerCredentials, getPeerIdentity, SocketInfoError } from "sockinfo";
import { lookUpGroupId, lookUpPeerNames, lookUpUserId } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { connectPair, socketPath } from "../../helpers/servers";
import { openToAll, visit, VISITOR } from "../helpers/visitors";

/** `[name, id]` of the first entries. */
function entries(database: "passwd" | "group"): [string, number][] {
  const lines = execFileSync("getent", [database], { encoding: "utf8" }).trim().split("\n");
  return lines.slice(0, 12).map((line) => [line.split(":")[0] ?? "", Number(line.split(":")[2])]);
}

async function codeOf(peer: object): Promise<unknown> {
  const error: unknown = await lookUpPeerNames(peer as never).then(undefined, (reason: unknown) => reason);
  return (error as { code?: unknown } | undefined)?.code;
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
      expect((await lookUpPeerNames({ uid, gid: 0 })).userName).toBe(name);
      expect(await lookUpUserId(name)).toBe(uid);
    }
  });

  test("groups by id and by name", async () => {
    for (const [name, gid] of entries("group")) {
      expect((await lookUpPeerNames({ uid: 0, gid })).groupName).toBe(name);
      expect(await lookUpGroupId(name)).toBe(gid);
    }
  });

  test("ids and names that nobody has are undefined", async () => {
    const names = await lookUpPeerNames({ uid: unused("passwd"), gid: unused("group") });
    expect(names).toEqual({ userName: undefined, groupName: undefined });
    expect([await lookUpUserId("nobody of this name"), await lookUpGroupId("x".repeat(5000))]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test.skipIf(lacks("strace"))("is asked once, however often and at the same time", () => {
    const script = `
      const { lookUpPeerNames } = require(${JSON.stringify(require.resolve("sockinfo/unix"))});
      (async () => {
        await Promise.all(Array.from({ length: 20 }, () => lookUpPeerNames({ uid: 1, gid: 1 })));
        for (let count = 0; count < 20; count++) await lookUpPeerNames({ uid: 1, gid: 1 });
      })();`;
    const traced = ["-f", "-qq", "-e", "trace=?open,openat", process.execPath, "-e", script];
    const { stderr } = spawnSync("strace", traced, { encoding: "utf8" });
    for (const file of ["passwd", "group"]) expect(stderr.match(new RegExp(`"/etc/${file}"`, "g"))).toHaveLength(1);
  });
});

test("of a connection, by whatever leads to it", async () => {
  const { accepted } = await connectPair({ path: socketPath() });
  const ids = { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 };
  expect(await lookUpPeerNames(accepted)).toEqual(await lookUpPeerNames(ids));
  expect((await lookUpPeerNames(accepted)).userName).toBe(execFileSync("id", ["-un"], { encoding: "utf8" }).trim());
});

describe("ids that an object has besides", () => {
  const REQUEST_IDS = { uid: 0, gid: 0 };

  test.skipIf(lacks("root", "setpriv"))("do not count where the kernel names another", async () => {
    const server = createServer();
    const path = await openToAll(server);
    const accepting = once(server, "connection");
    const visiting = visit(path);
    const [socket] = (await accepting) as [Socket];
    // As middleware does it with what a client says.
    const request = Object.assign(new IncomingMessage(socket), REQUEST_IDS);
    const truth = { userName: undefined, groupName: undefined };
    for (const id of [VISITOR.uid, VISITOR.gid]) expect(spawnSync("getent", ["passwd", String(id)]).status).toBe(2);
    expect(await lookUpPeerNames(Object.assign(socket, REQUEST_IDS))).toEqual(truth);
    expect(await lookUpPeerNames(request)).toEqual(truth);
    expect(await lookUpPeerNames({ socket, ...REQUEST_IDS })).toEqual(truth);
    socket.destroy();
    await visiting;
    expect(await codeOf(request)).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
    expect(await codeOf({ socket, ...REQUEST_IDS })).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
  });

  class Peer {
    readonly uid = 0;
    readonly gid = 0;
  }
  const throwing = Object.defineProperty({ gid: 0 }, "uid", {
    get() {
      throw new Error("of the getter");
    },
  });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();

  test.each<[string, object]>([
    ["a request without a socket", Object.assign(new IncomingMessage(new Socket()), REQUEST_IDS)],
    ["a stream", Object.assign(new PassThrough(), REQUEST_IDS)],
    ["an instance of a class", new Peer()],
    ["what inherits them", Object.create(REQUEST_IDS) as object],
    ["one of both inherited", Object.assign(Object.create({ uid: 0 }) as object, { gid: 0 })],
    ["a function", Object.assign(() => {}, REQUEST_IDS)],
    ["a list", Object.assign([], REQUEST_IDS)],
    ["a getter that throws", throwing],
    ["a revoked proxy", revoked],
  ])("do not count of %s", async (_name, peer) => {
    expect(await codeOf(peer)).toMatch(/^ERR_SOCKINFO_(NO_SOCKET|NOT_CONNECTED)$/);
  });

  test("do not count on a polluted prototype", async () => {
    Object.assign(Object.prototype, REQUEST_IDS);
    const code = await codeOf({}).finally(() => {
      for (const name of ["uid", "gid"]) delete (Object.prototype as Record<string, unknown>)[name];
    });
    expect(code).toBe("ERR_SOCKINFO_NO_SOCKET");
  });

  test("count of credentials, of an identity, of a copy, and of what another realm has made", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const truth = await lookUpPeerNames(accepted);
    const credentials = getPeerCredentials(accepted);
    const elsewhere = runInNewContext(`({ uid: ${credentials.uid}, gid: ${credentials.gid} })`) as typeof credentials;
    const bare = Object.assign(Object.create(null) as object, credentials);
    for (const peer of [credentials, getPeerIdentity(accepted), { ...credentials }, elsewhere, bare as never]) {
      expect(await lookUpPeerNames(peer)).toEqual(truth);
    }
  });
});

describe.skipIf(lacks("root", "unshare"))("a name that is longer than any", () => {
  /** In a mount namespace of its own, with users and groups whose names fill the room that there is. */
  function ask(name: string): { getent: number | null; user: unknown; group: unknown } {
    const folder = mkdtempSync(join(tmpdir(), "sockinfo-names-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const names = [1020, 1021, 1022].map((length, index) => ["x".repeat(length), 7001 + index] as const);
    writeFileSync(join(folder, "passwd"), names.map(([long, id]) => `${long}:x:${id}:${id}::/:/bin/sh\n`).join(""));
    writeFileSync(join(folder, "group"), names.map(([long, id]) => `${long}:x:${id}:\n`).join(""));
    const script = `
      const { lookUpUserId, lookUpGroupId } = require(${JSON.stringify(require.resolve("sockinfo/unix"))});
      const { spawnSync } = require("child_process"), name = process.argv[1];
      (async () => console.log(JSON.stringify({
        getent: spawnSync("getent", ["passwd", name]).status,
        user: await lookUpUserId(name) ?? null,
        group: await lookUpGroupId(name) ?? null,
      })))();`;
    const inside = `mount --bind passwd /etc/passwd && mount --bind group /etc/group && exec "$0" -e "$1" "$2"`;
    const parameters = ["--mount", "sh", "-c", inside, process.execPath, script, name];
    return JSON.parse(execFileSync("unshare", parameters, { cwd: folder, encoding: "utf8" }));
  }

  test.each([["é"], ["€"], ["😀"], ["xxx"]])("is nobody's, also where %s would be cut off", (end) => {
    for (const length of [1020, 1021, 1022]) {
      expect(ask("x".repeat(length) + end)).toEqual({ getent: 2, user: null, group: null });
    }
  });

  test("is found as long as there is room", () => {
    expect(ask("x".repeat(1022))).toEqual({ getent: 0, user: 7003, group: 7003 });
  });
});

test("a name that is no text is nobody's", async () => {
  expect([await lookUpUserId("\ud800"), await lookUpGroupId("root\udfff")]).toEqual([undefined, undefined]);
});

test("the event loop goes on while no thread is free to ask", async () => {
  const jobs = Array.from(
    { length: 8 },
    () => new Promise((resolve) => pbkdf2("x", "y", 60_000, 64, "sha512", resolve)),
  );
  let isAnswered = false;
  const answer = lookUpPeerNames({ uid: 12_345, gid: 12_345 }).finally(() => (isAnswered = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isAnswered).toBe(false);
  await Promise.all([...jobs, answer]);
  expect(isAnswered).toBe(true);
});

test("what is no peer and no name is an error with a code", async () => {
  const { accepted: overTcp } = await connectPair();
  const calls = {
    ERR_SOCKINFO_NOT_UNIX: [() => lookUpPeerNames(overTcp)],
    ERR_SOCKINFO_INVALID_ARGUMENT: [
      () => lookUpPeerNames(undefined as never),
      () => lookUpUserId(""),
      () => lookUpUserId("a\0b"),
      () => lookUpUserId(0 as never),
      () => lookUpGroupId(undefined as never),
    ],
    ERR_SOCKINFO_NO_SOCKET: [() => lookUpPeerNames({ uid: -1, gid: 0 }), () => lookUpPeerNames({ uid: "0" } as never)],
  };
  for (const [code, all] of Object.entries(calls)) {
    for (const call of all) {
      const error: unknown = await call().then(undefined, (reason: unknown) => reason);
      expect(error).toBeInstanceOf(SocketInfoError);
      expect(error).toMatchObject({ code });
    }
  }
});
