// getTcpInfoBatch against getTcpInfo, Node's byte counters and ss, also with unreadable sources in the batch.
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { constants } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { getFd, getTcpInfo, getTcpInfoBatch, getTcpInfoBytes, SocketInfoError, type TcpInfo } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { runNode } from "../helpers/child";
import { lacks } from "../helpers/needs";
import { codeOf } from "../helpers/refusals";
import { connectPair, listen, portOf, socketPath, until } from "../helpers/servers";
import { readSs } from "../helpers/ss";

const listenerFd = (server: Server) => (server as unknown as { _handle: { fd: number } })._handle.fd;

/** The accepted ends of `count` connections, each of which has received another number of bytes. */
async function connectMany(count: number): Promise<Socket[]> {
  const accepted: Socket[] = [];
  const server = await listen(createServer((socket) => accepted.push(socket.resume())));
  for (let index = 0; index < count; index++) {
    const client = createConnection(portOf(server), "127.0.0.1");
    onTestFinished(() => void client.destroy());
    client.write(Buffer.alloc(index + 1));
  }
  const isComplete = () => new Set(accepted.map(({ bytesRead }) => bytesRead)).size === count;
  await until(() => accepted.length === count && accepted.every(({ bytesRead }) => bytesRead > 0) && isComplete());
  return accepted;
}

/** Without the properties that change between two readings. */
const withoutClocks = (info: TcpInfo | undefined) =>
  Object.fromEntries(Object.entries(info ?? {}).filter(([name]) => !/^sinceLast|^busy|Rate|LimitedTimeMs$/.test(name)));

describe("many connections", () => {
  test("each has the number of bytes that Node counted, in any order", async () => {
    const sockets = (await connectMany(200)).toSorted((a, b) => b.bytesRead - a.bytesRead);
    const batch = getTcpInfoBatch([...sockets, ...sockets.toReversed()]);
    const received = Array.from({ length: batch.length }, (_, index) => batch.get(index)?.bytesReceived);
    const counts = sockets.map(({ bytesRead }) => bytesRead);
    expect(received).toEqual([...counts, ...counts.toReversed()]);
  });

  test("all properties and bytes equal those of getTcpInfo, before and after", async () => {
    const sockets = await connectMany(20);
    const oneByOne = () => sockets.map((socket) => withoutClocks(getTcpInfo(socket)));
    let [before, batch, after] = [oneByOne(), getTcpInfoBatch(sockets), oneByOne()];
    // A delayed acknowledgement may be sent between two readings.
    await until(() => {
      if (isDeepStrictEqual(before, after)) return true;
      [before, batch, after] = [oneByOne(), getTcpInfoBatch(sockets), oneByOne()];
      return false;
    });
    for (const [index, socket] of sockets.entries()) {
      expect(withoutClocks(batch.get(index))).toEqual(before[index]);
      expect(batch.getBytes(index)?.length).toBe(getTcpInfoBytes(socket).length);
      expect(batch.getError(index)).toBeUndefined();
    }
  });

  test("later calls do not change an earlier result, and its bytes are a copy", async () => {
    const [first, second] = (await connectMany(2)) as [Socket, Socket];
    const batch = getTcpInfoBatch([first, second]);
    const before = batch.get(0);
    getTcpInfo(second);
    getTcpInfoBatch([second, first]);
    batch.getBytes(0)?.fill(0xff);
    first.destroy();
    expect(batch.get(0)).toEqual(before);
    expect(before?.bytesReceived).toBe(first.bytesRead);
  });

  test.skipIf(lacks("linux", "ss"))("as ss says", async () => {
    const sockets = await connectMany(5);
    const batch = getTcpInfoBatch(sockets);
    for (const [index, socket] of sockets.entries()) {
      const { state, bytesReceived, segmentsReceived, sndCwndSegments, sndMssBytes } = readSs(socket);
      const known = { state, bytesReceived, segmentsReceived, sndCwndSegments, sndMssBytes };
      expect(bytesReceived).toBe(socket.bytesRead);
      expect(batch.get(index)).toMatchObject(known);
    }
  });
});

describe("sources that can't be read", () => {
  test("do not affect the others, and have the error that getTcpInfo throws", async () => {
    const { server, accepted, client } = await connectPair();
    const unix = await connectPair({ path: socketPath() });
    const closed = (await connectPair()).client.destroy();
    const connecting = createConnection(portOf(server), "127.0.0.1");
    onTestFinished(() => void connecting.destroy());
    const sources = [
      closed,
      accepted,
      unix.accepted,
      listenerFd(server),
      client,
      connecting,
      undefined,
      "x",
      {},
      -1,
      0.5,
      2 ** 31 - 1,
      getFd(client),
      { socket: accepted },
    ] as Socket[];
    const expected = sources.map((source) => codeOf(() => getTcpInfo(source)));
    expect(expected.filter((code) => code === undefined)).toHaveLength(4);
    expect(new Set(expected).size).toBe(7);

    const batch = getTcpInfoBatch(sources);
    expect(batch.length).toBe(sources.length);
    expect(sources.map((_source, index) => batch.getError(index)?.code)).toEqual(expected);
    expect(sources.map((_source, index) => batch.get(index) === undefined)).toEqual(
      expected.map((code) => code !== undefined),
    );
    expect([1, 4, 12, 13].map((index) => batch.get(index)?.state)).toEqual(Array(4).fill("ESTABLISHED"));
    expect(batch.getError(2)).toMatchObject({ code: "ERR_SOCKINFO_NOT_TCP", syscall: "getsockopt" });
    expect(batch.getError(11)).toMatchObject({ code: "EBADF", errno: -constants.errno.EBADF });
    // As with getTcpInfoBytes, which accepts a listener.
    expect(sources.map((_source, index) => batch.getBytes(index)?.length)).toEqual(
      sources.map((source) => lengthOf(source)),
    );
  });

  const lengthOf = (source: Socket) => {
    try {
      return getTcpInfoBytes(source).length;
    } catch {
      return undefined;
    }
  };

  test("have an error whose stack begins with the caller", async () => {
    const closed = (await connectPair()).client.destroy();
    const error = getTcpInfoBatch([closed]).getError(0);
    expect(error).toBeInstanceOf(SocketInfoError);
    expect(error?.stack?.split("\n")[1]).toContain("get-tcp-info-batch.live.test.ts");
  });

  test("have undefined, as an index beyond the last has", () => {
    const batch = getTcpInfoBatch([]);
    expect(batch.length).toBe(0);
    for (const index of [0, 1, -1, 0.5, NaN]) {
      expect([batch.get(index), batch.getBytes(index), batch.getError(index)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  test("may be holes of an array, which are wrong arguments", () => {
    const batch = getTcpInfoBatch(Array(2) as Socket[]);
    expect([0, 1].map((index) => batch.getError(index)?.code)).toEqual(Array(2).fill("ERR_SOCKINFO_INVALID_ARGUMENT"));
  });

  test.each([undefined, null, {}, "sockets", new Set(), 0])(
    "%o is refused, because it is not a list of sources",
    (sources) => {
      expect(() => getTcpInfoBatch(sources as never)).toThrow(
        expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT" }),
      );
    },
  );

  test("without the native module the call throws", () => {
    const ending = runNode("try { sockinfo.getTcpInfoBatch([]) } catch (error) { console.log(error.code) }", [
      "--no-addons",
    ]);
    expect(ending).toMatchObject({ status: 0, stdout: "ERR_SOCKINFO_ADDON_LOAD_FAILED" });
  });
});
