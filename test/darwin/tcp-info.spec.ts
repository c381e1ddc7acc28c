// getTcpInfo and the related functions on the fake Mac, from a source through the compiled macOS binary to a kernel
// with correct and hostile answers. Apple's header, not our table, lays out the bytes.
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { getFd, getTcpInfo, getTcpInfoBytes, isSupported, SocketInfoError, tryGetTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { darwinFields } from "../helpers/docs";
import { connectPair, listen } from "../helpers/servers";
import { answerWith } from "./answers.mts";
import { encode, readLayouts } from "./layouts.mts";

const { structs, constants } = readLayouts();
const struct = structs.tcp_connection_info;
const bytesOf = (values: Record<string, number | bigint>) => encode(struct, values);

/** Any number will do, because the kernel ignores it. */
const FD = 42;

const infoOf = (tcpInfo: Uint8Array | number) => {
  answerWith({ tcpInfo });
  return getTcpInfo(FD) as unknown as Record<string, unknown>;
};

const PHONE = {
  tcpi_state: 4,
  tcpi_options: 7,
  tcpi_snd_wscale: 7,
  tcpi_rcv_wscale: 6,
  tcpi_maxseg: 1408,
  tcpi_snd_ssthresh: 1_073_725_440,
  tcpi_snd_cwnd: 4380,
  tcpi_snd_wnd: 131_072,
  tcpi_rcv_wnd: 131_328,
  tcpi_rttcur: 192,
  tcpi_srtt: 192,
  tcpi_rttvar: 96,
  tcpi_txpackets: 139,
  tcpi_txbytes: 138_829,
  tcpi_txretransmitbytes: 2816,
  tcpi_txretransmitpackets: 2,
};

test("the platform is macOS and supported", () => {
  expect(process.platform).toBe("darwin");
  answerWith({});
  expect(isSupported()).toBe(true);
});

describe("one system call", () => {
  const call = (fd: number) => ({ call: "getsockopt", fd, level: 6, option: 0x106, capacity: 512 });

  test("for a socket, on its descriptor", async () => {
    const { accepted } = await connectPair();
    const calls = answerWith({ tcpInfo: bytesOf(PHONE) });
    expect(getTcpInfo(accepted)).toMatchObject({ platform: "darwin", state: "ESTABLISHED", rttMs: 192 });
    expect(tryGetTcpInfo(accepted)).toEqual(getTcpInfo(accepted));
    expect(getTcpInfoBytes(accepted)).toEqual(bytesOf(PHONE));
    expect(calls).toEqual(Array.from({ length: 4 }, () => call(getFd(accepted))));
  });

  test("in a handler of HTTP", async () => {
    const calls = answerWith({ tcpInfo: bytesOf(PHONE) });
    const server = await listen(http.createServer((req, res) => res.end(JSON.stringify(getTcpInfo(req)))));
    const { port } = server.address() as AddressInfo;
    const [response] = (await once(http.get({ port, agent: false }), "response")) as [http.IncomingMessage];
    const [text] = (await once(response.setEncoding("utf8"), "data")) as [string];
    expect(JSON.parse(text)).toMatchObject({ platform: "darwin", bytesSent: 138_829 });
    expect(calls).toEqual([call(expect.any(Number) as unknown as number)]);
  });

  test("none for a closed socket", async () => {
    const { accepted } = await connectPair();
    accepted.destroy();
    const calls = answerWith({ tcpInfo: bytesOf(PHONE) });
    expect(tryGetTcpInfo(accepted)).toBeUndefined();
    expect(calls).toEqual([]);
  });
});

describe("values", () => {
  test("of a published TCP_CONNECTION_INFO of a phone", () => {
    const { flags, ...info } = infoOf(bytesOf(PHONE));
    expect(flags).toEqual([]);
    const fastOpen = Object.keys(info).filter((name) => name.startsWith("tfo"));
    expect(fastOpen).toHaveLength(15);
    expect(info).toEqual({
      ...Object.fromEntries(fastOpen.map((name) => [name, false])),
      platform: "darwin",
      state: "ESTABLISHED",
      options: ["TIMESTAMPS", "SACK", "WSCALE"],
      sndWscale: 7,
      rcvWscale: 6,
      rttMs: 192,
      rttVarMs: 96,
      latestRttMs: 192,
      rtoMs: undefined,
      sndMssBytes: 1408,
      sndCwndBytes: 4380,
      sndSsthreshBytes: Infinity,
      sndWndBytes: 131_072,
      rcvWndBytes: 131_328,
      sendBufferBytes: 0,
      bytesSent: 138_829,
      bytesReceived: 0,
      retransmittedBytes: 2816,
      retransmittedSegments: 2,
      dataSegmentsSent: 139,
      dataSegmentsReceived: 0,
      outOfOrderBytesReceived: 0,
    });
  });

  const properties = new Map(darwinFields.map(({ field, property }) => [field, property]));
  const members = struct.members.filter(({ name }) => !name.startsWith("__pad"));

  test("every member of Apple's struct is documented", () => {
    expect(members.map(({ name }) => name).toSorted()).toEqual([...properties.keys()].toSorted());
    expect(struct.size).toBe(112);
  });

  /** Members that other members need: window scales need their option, the RTT variation needs the RTT. */
  const basis = { tcpi_options: 4, tcpi_srtt: 1 };
  const named: Record<string, [raw: number, expected: unknown]> = {
    tcpi_state: [5, "CLOSE_WAIT"],
    tcpi_options: [13, ["TIMESTAMPS", "WSCALE", "ECN"]],
    tcpi_flags: [2, ["REORDERING_DETECTED"]],
  };

  test.each(members)("$name is read where Apple's compiler puts it", ({ name, bitSize }) => {
    const highest = 2n ** BigInt(Math.min(bitSize, 53)) - 1n;
    const [raw, expected] = named[name] ?? [highest, bitSize === 1 ? true : Number(highest)];
    const before = infoOf(bytesOf(basis));
    const after = infoOf(bytesOf({ ...basis, [name]: raw }));
    const property = properties.get(name) as string;
    expect(after[property]).toEqual(expected);
    const changed = Object.keys(after).filter((key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]));
    expect(changed).toEqual([property]);
  });

  test("that are sentinels", () => {
    const nothingYet = { tcpi_state: 4, tcpi_rto: 0, tcpi_srtt: 0, tcpi_rttvar: 3, tcpi_rttcur: 0 };
    expect(infoOf(bytesOf({ ...nothingYet, tcpi_snd_ssthresh: 1_073_725_440 }))).toMatchObject({
      rtoMs: undefined,
      rttMs: undefined,
      rttVarMs: undefined,
      latestRttMs: undefined,
      sndSsthreshBytes: Infinity,
      sndWscale: undefined,
      rcvWscale: undefined,
    });
    expect(infoOf(bytesOf({ tcpi_state: 4, tcpi_snd_ssthresh: 65_535 })).sndSsthreshBytes).toBe(65_535);
  });
});

describe("lengths", () => {
  const full = new Uint8Array(struct.size).fill(0xff);
  full[0] = 4;

  test.each(Array.from({ length: struct.size + 1 }, (_, length) => length))(
    "%i bytes have the fields that end within them, and nothing of the answer before",
    (length) => {
      infoOf(full);
      const info = infoOf(full.subarray(0, length));
      for (const { name, bitOffset, bitSize } of struct.members) {
        const property = darwinFields.find(({ field }) => field === name)?.property;
        // A bit exists if the word that declares it does.
        const end = name.startsWith("tcpi_tfo") ? 56 : (bitOffset + bitSize) / 8;
        const needs = name.endsWith("wscale") ? 8 : name === "tcpi_rttvar" ? 52 : end;
        if (property !== undefined) expect([name, info[property] !== undefined]).toEqual([name, needs <= length]);
      }
    },
  );

  test("104 bytes, of OS X 10.11: everything but the last counter", () => {
    expect(infoOf(bytesOf(PHONE).subarray(0, 104))).toEqual({
      ...infoOf(bytesOf(PHONE)),
      retransmittedSegments: undefined,
    });
  });

  test("a longer struct than today's, and one that is longer than our buffer", () => {
    for (const length of [120, 512, 600]) {
      const longer = new Uint8Array(length).fill(0xff);
      longer.set(bytesOf(PHONE));
      expect(infoOf(longer)).toEqual(infoOf(bytesOf(PHONE)));
      answerWith({ tcpInfo: longer });
      expect(getTcpInfoBytes(FD)).toEqual(longer.subarray(0, 512));
    }
  });
});

describe("refusals", () => {
  test.each([
    ["ENOTSOCK", 38, "ERR_SOCKINFO_NOT_TCP"],
    ["ENOPROTOOPT", 42, "ERR_SOCKINFO_NOT_TCP"],
    ["EOPNOTSUPP", 102, "ERR_SOCKINFO_NOT_TCP"],
    ["EINVAL", 22, "ERR_SOCKINFO_NOT_TCP"],
    ["ECONNRESET", 54, "ERR_SOCKINFO_SOCKET_CLOSED"],
  ] as const)("%s, on macOS %i, is %s", (name, number, code) => {
    expect(constants[name]).toBe(number);
    answerWith({ tcpInfo: -number });
    const refusal = { code, errno: -number, syscall: "getsockopt" };
    expect(() => getTcpInfo(FD)).toThrow(expect.objectContaining(refusal));
    expect(() => getTcpInfoBytes(FD)).toThrow(expect.objectContaining(refusal));
    expect(tryGetTcpInfo(FD)).toBeUndefined();
  });

  test("a sandbox that denies the call has its own error code", () => {
    answerWith({ tcpInfo: -constants.EPERM, localFamily: constants.AF_INET });
    const denial = { code: "ERR_SOCKINFO_SYSTEM_CALL_DENIED", errno: -constants.EPERM, syscall: "getsockopt" };
    for (const ask of [getTcpInfo, getTcpInfoBytes]) expect(() => ask(FD)).toThrow(expect.objectContaining(denial));
    expect(tryGetTcpInfo(FD)).toBeUndefined();
    answerWith({ tcpInfo: -constants.EPERM, localFamily: constants.AF_UNIX });
    expect(() => getTcpInfo(FD)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_TCP" }));
  });

  test("EBADF keeps its name, and the try form throws it, too", () => {
    answerWith({ tcpInfo: -constants.EBADF });
    for (const ask of [getTcpInfo, tryGetTcpInfo, getTcpInfoBytes]) {
      expect(() => ask(FD)).toThrow(SocketInfoError);
      expect(() => ask(FD)).toThrow(expect.objectContaining({ code: "EBADF", errno: -constants.EBADF }));
    }
  });

  test.each([
    ["a listener", 1],
    ["a connecting socket", 2],
  ])("%s is not connected, but getTcpInfoBytes returns the bytes", (_name, tcpi_state) => {
    answerWith({ tcpInfo: bytesOf({ tcpi_state }) });
    expect(() => getTcpInfo(FD)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_CONNECTED" }));
    expect(tryGetTcpInfo(FD)).toBeUndefined();
    expect(getTcpInfoBytes(FD)).toEqual(bytesOf({ tcpi_state }));
  });

  test.each([
    [0, "CLOSED"],
    [3, "SYN_RECEIVED"],
    [4, "ESTABLISHED"],
    [5, "CLOSE_WAIT"],
    [6, "FIN_WAIT_1"],
    [7, "CLOSING"],
    [8, "LAST_ACK"],
    [9, "FIN_WAIT_2"],
    [10, "TIME_WAIT"],
    [11, undefined],
    [255, undefined],
  ])("state %i is %s and is not refused", (tcpi_state, name) => {
    expect(infoOf(bytesOf({ tcpi_state })).state).toBe(name);
  });
});
