// Names and ids of users and groups, compared with `getent`. A slow directory holds up neither the event loop nor
// other code.
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
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

/** An id that no user or group has. */
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

  test("ids and names that do not exist are undefined", async () => {
    const names = await lookUpPeerNames({ uid: unused("passwd"), gid: unused("group") });
    expect(names).toEqual({ userName: undefined, groupName: undefined });
    expect([await lookUpUserId("nobody of this name"), await lookUpGroupId("x".repeat(5000))]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test.skipIf(lacks("strace"))("is read once for the same ids, also for lookups at the same time", () => {
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

test("the names of a connection's peer", async () => {
  const { accepted } = await connectPair({ path: socketPath() });
  const ids = { uid: process.geteuid?.() ?? -1, gid: process.getegid?.() ?? -1 };
  expect(await lookUpPeerNames(accepted)).toEqual(await lookUpPeerNames(ids));
  expect((await lookUpPeerNames(accepted)).userName).toBe(execFileSync("id", ["-un"], { encoding: "utf8" }).trim());
});

describe("own ids of an object", () => {
  const REQUEST_IDS = { uid: 0, gid: 0 };

  test.skipIf(lacks("root", "setpriv"))("do not count if the kernel names another peer", async () => {
    const server = createServer();
    const path = await openToAll(server);
    const accepting = once(server, "connection");
    const visiting = visit(path);
    const [socket] = (await accepting) as [Socket];
    // Middleware may copy such properties from what a client sends.
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
    ["an object that inherits them", Object.create(REQUEST_IDS) as object],
    ["an object that inherits one of them", Object.assign(Object.create({ uid: 0 }) as object, { gid: 0 })],
    ["a function", Object.assign(() => {}, REQUEST_IDS)],
    ["a list", Object.assign([], REQUEST_IDS)],
    ["a getter that throws", throwing],
    ["a revoked proxy", revoked],
  ])("do not count on %s", async (_name, peer) => {
    expect(await codeOf(peer)).toMatch(/^ERR_SOCKINFO_(NO_SOCKET|NOT_CONNECTED)$/);
  });

  test("do not count on a polluted prototype", async () => {
    Object.assign(Object.prototype, REQUEST_IDS);
    const code = await codeOf({}).finally(() => {
      for (const name of ["uid", "gid"]) delete (Object.prototype as Record<string, unknown>)[name];
    });
    expect(code).toBe("ERR_SOCKINFO_NO_SOCKET");
  });

  test("count on credentials, on an identity, on a copy, and on an object of another realm", async () => {
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

test.skipIf(lacks("root", "unshare"))("a name is found up to the longest that fits, and is never cut off", () => {
  /** In a mount namespace of its own, with users and groups whose names fill the buffer. */
  function lookUpAll(names: string[]): unknown {
    const folder = mkdtempSync(join(tmpdir(), "sockinfo-names-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const known = [1020, 1021, 1022].map((length, index) => ["x".repeat(length), 7001 + index] as const);
    writeFileSync(join(folder, "passwd"), known.map(([long, id]) => `${long}:x:${id}:${id}::/:/bin/sh\n`).join(""));
    writeFileSync(join(folder, "group"), known.map(([long, id]) => `${long}:x:${id}:\n`).join(""));
    writeFileSync(join(folder, "names.json"), JSON.stringify(names));
    const script = `
      const { lookUpUserId, lookUpGroupId } = require(${JSON.stringify(require.resolve("sockinfo/unix"))});
      const { spawnSync } = require("child_process");
      (async () => {
        const found = [];
        for (const name of JSON.parse(require("fs").readFileSync("names.json", "utf8"))) found.push({
          getent: spawnSync("getent", ["passwd", name]).status,
          user: await lookUpUserId(name) ?? null,
          group: await lookUpGroupId(name) ?? null,
        });
        console.log(JSON.stringify(found));
      })();`;
    const inside = `mount --bind passwd /etc/passwd && mount --bind group /etc/group && exec "$0" -e "$1"`;
    const parameters = ["--mount", "sh", "-c", inside, process.execPath, script];
    return JSON.parse(execFileSync("unshare", parameters, { cwd: folder, encoding: "utf8" }));
  }

  const tooLong = ["é", "€", "😀", "xxx"].flatMap((end) =>
    [1020, 1021, 1022].map((length) => "x".repeat(length) + end),
  );
  expect(lookUpAll(["x".repeat(1022), ...tooLong])).toEqual([
    { getent: 0, user: 7003, group: 7003 },
    ...tooLong.map(() => ({ getent: 2, user: null, group: null })),
  ]);
});

test("a name with a lone surrogate is undefined", async () => {
  expect([await lookUpUserId("\ud800"), await lookUpGroupId("root\udfff")]).toEqual([undefined, undefined]);
});

test("the event loop goes on while no thread is free for the lookup", async () => {
  const fifo = `${socketPath()}-fifo`;
  execFileSync("mkfifo", [fifo]);
  // Each of these blocks a thread of libuv's pool until the FIFO has a writer.
  const threads = Number(process.env["UV_THREADPOOL_SIZE"] ?? 4);
  const opening = Array.from({ length: threads }, () => open(fifo, "r"));
  let isAnswered = false;
  const answer = lookUpPeerNames({ uid: 12_345, gid: 12_345 }).finally(() => (isAnswered = true));
  try {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
  } finally {
    const writer = openSync(fifo, "r+");
    for (const reader of await Promise.all(opening)) await reader.close();
    closeSync(writer);
  }
  await answer;
});

test("a value that is no peer and no name rejects with a code", async () => {
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
