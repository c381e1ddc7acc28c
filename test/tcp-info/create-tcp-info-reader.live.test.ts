// createTcpInfoReader against getTcpInfo: the same values, the same errors, and only the fields that were asked for.
import { once } from "node:events";
import http from "node:http";
import type { Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { runInNewContext } from "node:vm";
import {
  createTcpInfoReader,
  decodeTcpInfo,
  getFd,
  getTcpInfo,
  SocketInfoError,
  type SocketSource,
  type TcpInfoField,
  tryGetTcpInfo,
} from "sockinfo";
import { getConnection, trackConnections } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { codeOf } from "../helpers/refusals";
import { connectPair, listen, portOf, socketPath, until } from "../helpers/servers";

const empty = new Uint8Array(0);
const linuxNames = Object.keys(decodeTcpInfo(empty, "linux")) as TcpInfoField[];
const darwinNames = Object.keys(decodeTcpInfo(empty, "darwin")) as TcpInfoField[];
const allNames = [...new Set([...linuxNames, ...darwinNames])];
const ownNames = process.platform === "darwin" ? darwinNames : linuxNames;

const refusalOf = (fields: unknown) => {
  try {
    createTcpInfoReader(fields as ["rttMs"]);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(SocketInfoError);
    expect((error as SocketInfoError).code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
    return (error as SocketInfoError).message;
  }
};

/** Compares by two readings of `getTcpInfo`, between which nothing has changed. */
async function expectSame(source: SocketSource, names: readonly TcpInfoField[]): Promise<void> {
  const read = createTcpInfoReader(names);
  let same = false;
  await until(() => {
    const [before, some, after] = [getTcpInfo(source), read(source), getTcpInfo(source)];
    if (!isDeepStrictEqual(before, after)) return false;
    const whole: Record<string, unknown> = { ...before };
    expect(Object.entries(some)).toStrictEqual(names.map((name) => [name, whole[name]]));
    return (same = true);
  });
  expect(same).toBe(true);
}

describe("the result", () => {
  test("has the values of getTcpInfo, for every field of this system and in any order", async () => {
    const { client, accepted } = await connectPair();
    accepted.pipe(accepted);
    client.write("x".repeat(5000));
    await once(client, "data");
    for (const source of [client, accepted, getFd(accepted)]) {
      await expectSame(source, ownNames);
      await expectSame(source, ownNames.toReversed());
      for (const name of ownNames) await expectSame(source, [name]);
    }
  });

  test("has undefined for the fields of the other system", async () => {
    const { accepted } = await connectPair();
    const info: Record<string, unknown> = { ...createTcpInfoReader(allNames)(accepted) };
    expect(Object.keys(info)).toEqual(allNames);
    const others = allNames.filter((name) => !ownNames.includes(name));
    expect(others.length).toBeGreaterThan(10);
    expect(others.filter((name) => info[name] !== undefined)).toEqual([]);
  });

  test("is a new plain object each time, with nothing else", async () => {
    const { accepted } = await connectPair();
    const read = createTcpInfoReader(["state", "sndMssBytes", "platform"]);
    const [first, second] = [read(accepted), read(accepted)];
    expect(first).not.toBe(second);
    expect(Object.getPrototypeOf(first)).toBe(Object.prototype);
    const expected = {
      state: "ESTABLISHED",
      sndMssBytes: getTcpInfo(accepted).sndMssBytes,
      platform: process.platform,
    };
    expect(first).toStrictEqual(expected);
    expect({ ...structuredClone(first) }).toStrictEqual(expected);
    expect(JSON.stringify(first)).toBe(JSON.stringify(expected));
    expect(Object.values(Object.getOwnPropertyDescriptors(first)).every(({ enumerable }) => enumerable)).toBe(true);
  });

  test("is of the moment of the call", async () => {
    const { client, accepted } = await connectPair();
    const read = createTcpInfoReader(["bytesReceived"]);
    accepted.resume();
    expect(read(accepted)).toEqual({ bytesReceived: 0 });
    client.write("x".repeat(1234));
    await until(() => accepted.bytesRead === 1234);
    expect(read(accepted)).toEqual({ bytesReceived: 1234 });
  });

  test("belongs to its own socket, with several readers in turn", async () => {
    const pairs = await Promise.all([connectPair(), connectPair(), connectPair()]);
    const sockets: Socket[] = pairs.map(({ accepted }) => accepted.resume());
    for (const [index, { client }] of pairs.entries()) client.write("x".repeat(index + 1));
    await until(() => sockets.every((socket, index) => socket.bytesRead === index + 1));
    const [one, other] = [createTcpInfoReader(["bytesReceived", "state"]), createTcpInfoReader(["bytesReceived"])];
    expect(sockets.map((socket) => [one(socket).bytesReceived, other(socket).bytesReceived])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });
});

describe("where nothing can be read", () => {
  const read = createTcpInfoReader(["rttMs", "isMptcp"]);

  test("it throws and returns what getTcpInfo and tryGetTcpInfo do", async () => {
    const { server, accepted } = await connectPair();
    const unix = await connectPair({ path: socketPath() });
    const { accepted: closed } = await connectPair();
    closed.destroy();
    await once(closed, "close");
    const sources: unknown[] = [server, getFd(server), unix.accepted, closed, {}, null, -1, 0.5, "x", undefined];
    for (const source of sources as SocketSource[]) {
      const code = codeOf(() => getTcpInfo(source));
      expect(code).toBeDefined();
      expect([source, codeOf(() => read(source))]).toEqual([source, code]);
      expect(codeOf(() => read.try(source))).toBe(codeOf(() => tryGetTcpInfo(source)));
      if (codeOf(() => read.try(source)) === undefined) expect(read.try(source)).toBeUndefined();
    }
    expect(read.try(accepted)).toEqual(read(accepted));
  });

  test("the stack begins at the caller", async () => {
    const { server } = await connectPair();
    for (const call of [() => read(getFd(server)), () => read.try(-1), () => createTcpInfoReader([])]) {
      const error = (() => {
        try {
          return call();
        } catch (caught) {
          return caught as Error;
        }
      })();
      expect((error as Error).stack?.split("\n")[1]).toContain("create-tcp-info-reader.live.test");
    }
  });

  test("a closed request of a tracked server leads to the fields of finalTcpInfo", async () => {
    const reader = createTcpInfoReader(allNames.toReversed());
    let seen: unknown[] | undefined;
    const server = await listen(
      http.createServer((req, res) => {
        res.once("close", () => {
          const { finalTcpInfo } = getConnection(req);
          const final: Record<string, unknown> = { ...finalTcpInfo };
          const expected = Object.fromEntries(allNames.toReversed().map((name) => [name, final[name]]));
          seen = [reader(req), expected, reader.try(res), codeOf(() => reader(req.socket)), finalTcpInfo?.state];
        });
        res.write("x");
        req.socket.destroy();
      }),
    );
    const tracker = trackConnections(server);
    onTestFinished(() => tracker.close());
    http
      .get({ port: portOf(server), host: "127.0.0.1" })
      .on("error", () => {})
      .on("response", (res) => res.on("error", () => {}));
    await until(() => seen !== undefined);
    const [some, expected, tried, ofSocket, state] = seen as unknown[];
    expect(state).toBeDefined();
    expect(some).toStrictEqual(expected);
    expect(Object.keys(some as object)).toEqual(allNames.toReversed());
    expect(tried).toStrictEqual(expected);
    expect(ofSocket).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
  });
});

describe("the list of fields", () => {
  test("is copied", async () => {
    const { accepted } = await connectPair();
    const fields: TcpInfoField[] = ["state"];
    const read = createTcpInfoReader(fields);
    fields.push("rttMs");
    fields[0] = "rtoMs";
    expect(Object.keys(read(accepted))).toEqual(["state"]);
  });

  test("may be of another context, or a proxy", async () => {
    const { accepted } = await connectPair();
    for (const fields of [runInNewContext('["state"]'), new Proxy(["state"], {}), Object.freeze(["state"])]) {
      expect(createTcpInfoReader(fields as ["state"])(accepted)).toEqual({ state: "ESTABLISHED" });
    }
  });

  test.each([
    ["undefined", undefined],
    ["null", null],
    ["a name", "rttMs"],
    ["a set", new Set(["rttMs"])],
    ["an iterable", { *[Symbol.iterator]() {} }],
    ["an object with a length", { length: 1, 0: "rttMs" }],
  ])("is refused if it is no array: %s", (_what, fields) => {
    expect(refusalOf(fields)).toMatch(/^The "fields" argument must be an array\. Received /);
  });

  test("is refused if it is empty", () => {
    expect(refusalOf([])).toBe('The "fields" argument must have at least one name. Received an empty array');
  });

  test.each([
    ["rtMs"],
    ["toString"],
    ["__proto__"],
    ["constructor"],
    [""],
    [1],
    [undefined],
    [null],
    [["rttMs"]],
    [Symbol("rttMs")],
    [{ toString: () => "rttMs" }],
  ])("is refused if a name is unknown: %s", (name: unknown) => {
    const start = 'The "fields[1]" argument must be the name of a property of LinuxTcpInfo or DarwinTcpInfo. Received ';
    expect(refusalOf(["rttMs", name])?.slice(0, start.length)).toBe(start);
  });

  test("is refused with the nearest name", () => {
    expect(refusalOf(["rtMs"])).toMatch(/Received type string \('rtMs'\)\. Did you mean "rttMs"\?$/);
    expect(refusalOf(["minRtt"])).toMatch(/Did you mean "minRttMs"\?$/);
    expect(refusalOf(["x".repeat(1_000_000)])).toMatch(/x\.\.\.\)$/);
  });

  test("is refused if a name is there twice, or missing", () => {
    expect(refusalOf(["rttMs", "state", "rttMs"])).toBe(
      "The \"fields[2]\" argument must be a name that is not in the list before. Received type string ('rttMs')",
    );
    expect(refusalOf(Array.from({ length: 3 }))).toMatch(/^The "fields\[0\]" argument must be the name of a property/);
  });

  test("is refused if reading it throws or does not end", () => {
    const throwing = new Proxy(["rttMs"], {
      get: () => {
        throw new Error("no");
      },
    });
    const { proxy: revoked, revoke } = Proxy.revocable(["rttMs"], {});
    revoke();
    for (const fields of [throwing, revoked])
      expect(refusalOf(fields)).toMatch(/^The "fields" argument must be readable/);
    const endless = new Proxy(["rttMs"], { get: (_, key) => (key === "length" ? Infinity : "rttMs") });
    expect(refusalOf(endless)).toMatch(/^The "fields\[1\]" argument/);
  });

  test("has no effect on the iterator of arrays", () => {
    const fields = Object.assign(["rttMs"], { [Symbol.iterator]: () => expect.unreachable() });
    expect(refusalOf(fields)).toBeUndefined();
  });
});
