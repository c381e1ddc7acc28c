// The decoder of getMptcpInfo against the kernel's own layout (BTF), for all lengths of struct mptcp_info, and for
// subflows that come and go between the system calls.
import { describe, expect, test } from "vitest";
import {
  decodeMptcpInfo,
  makeAnswer,
  type MptcpAnswer,
  readSubflows,
  saysFallback,
} from "../../src/socket-facts/mptcp-answer";
import type { MptcpInfo } from "../../src/socket-facts/mptcp-types";
import { kernelStruct } from "../helpers/btf";
import { tableRows } from "../helpers/docs";
import { lacks } from "../helpers/needs";

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const INFO = 16;

/** An answer whose struct mptcp_info has that length and those bytes. */
function answerOf(info: Uint8Array, length = info.length): MptcpAnswer {
  const answer = makeAnswer(0);
  answer.words[0] = length;
  answer.bytes.set(info.subarray(0, 256), INFO);
  return answer;
}

const decode = (info: Uint8Array, length = info.length) => ({ ...decodeMptcpInfo(answerOf(info, length), undefined) });
const presentIn = (info: MptcpInfo) =>
  Object.keys(info).filter((name) => info[name as keyof MptcpInfo] !== undefined && name !== "subflows");

describe("the length decides which fields exist", () => {
  const since516 = [
    "additionalSubflows",
    "additionalSubflowsLimit",
    "announcedAddresses",
    "announcedAddressesLimit",
    "acceptedAddresses",
    "acceptedAddressesLimit",
    "localAddressesUsed",
    "localAddressesLimit",
    "isRemoteKeyReceived",
    "isChecksumEnabled",
    "token",
    "sendQueueBytes",
  ];
  const since65 = ["bytesSent", "bytesReceived", "bytesAcked", "retransmittedBytes", "endRetransmissions"];
  const since66 = ["totalSubflows", "laminarEndpoints", "fullmeshEndpoints"];
  const since610 = ["sinceLastDataSentMs", "sinceLastDataReceivedMs", "sinceLastAckReceivedMs"];

  test.each([
    [0, []],
    [7, since516.slice(0, 6)],
    // Bytes 44 to 47 are padding here, and a field from Linux 6.5 on.
    [48, since516],
    [80, [...since516, ...since65]],
    // Bytes 84 to 87 are padding here, and a field from Linux 6.10 on.
    [88, [...since516, ...since65, ...since66]],
    [96, [...since516, ...since65, ...since66, ...since610]],
    [120, [...since516, ...since65, ...since66, ...since610]],
  ])("%i bytes", (length, names) => {
    const info = decode(new Uint8Array(length).fill(0xff));
    expect(presentIn(info).toSorted()).toEqual(names.toSorted());
  });

  test("two counts that were reserved bytes are unknown if they are 0, except in longer structs", () => {
    expect(decode(new Uint8Array(96))).toMatchObject({ laminarEndpoints: undefined, fullmeshEndpoints: undefined });
    expect(decode(new Uint8Array(104))).toMatchObject({ laminarEndpoints: 0, fullmeshEndpoints: 0 });
  });

  test("no token is 0", () => {
    expect(decode(new Uint8Array(96)).token).toBeUndefined();
  });
});

describe("each field is read where the kernel has it", () => {
  /** The properties by the kernel's names, from the table of the documentation. */
  const properties = new Map(
    tableRows("docs/socket-facts.md", /^mptcpi_/).flatMap(([fields = "", property]) =>
      fields.split(", ").map((field) => [field, property] as const),
    ),
  );

  test("the documentation has all properties", () => {
    const all = Object.keys(decode(new Uint8Array(96))).filter((name) => name !== "subflows");
    expect(new Set(properties.values())).toEqual(new Set(all));
  });

  test.skipIf(lacks("linux", "btf"))("by the kernel's type information", () => {
    const members = kernelStruct("mptcp_info").members.filter(({ name }) => name !== "reserved");
    const before = decode(new Uint8Array(96));
    for (const { name, bitOffset, bitSize } of members) {
      const bytes = new Uint8Array(96);
      // The number 2. In the flags, this is the bit of the remote key.
      bytes[LITTLE_ENDIAN ? bitOffset / 8 : (bitOffset + bitSize) / 8 - 1] = 2;
      const after = decode(bytes);
      const keys = Object.keys(before) as (keyof MptcpInfo)[];
      const changed = keys.filter((key) => before[key] !== after[key]);
      // Of two sequence numbers only the distance is returned, and one without the other is behind.
      const isAlone = name === "mptcpi_rcv_nxt" || name === "mptcpi_snd_una";
      expect([name, changed]).toEqual([name, isAlone ? [] : [properties.get(name)]]);
    }
    expect(members.length).toBeGreaterThan(11);
  });
});

test("the distance of sequence numbers of 64 bits is right across their end, and never negative", () => {
  const info = (written: bigint, acked: bigint) => {
    const bytes = new Uint8Array(96);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(16, written, LITTLE_ENDIAN);
    view.setBigUint64(24, acked, LITTLE_ENDIAN);
    return decode(bytes).sendQueueBytes;
  };
  expect(info(5n, 2n ** 64n - 5n)).toBe(10);
  expect(info(2n ** 63n + 7n, 2n ** 63n)).toBe(7);
  expect(info(100n, 100n)).toBe(0);
  expect(info(100n, 101n)).toBe(0);
});

test("the flag of a fallback", () => {
  const bytes = new Uint8Array(96);
  new DataView(bytes.buffer).setUint32(8, 2, LITTLE_ENDIAN);
  expect(saysFallback(answerOf(bytes))).toBe(false);
  new DataView(bytes.buffer).setUint32(8, 3, LITTLE_ENDIAN);
  expect(saysFallback(answerOf(bytes))).toBe(true);
});

describe("subflows", () => {
  const ROOM = 2;
  const HEAD = 16;
  const ARRAYS = 272;
  const TCP_INFOS = ARRAYS + HEAD + ROOM * 256;
  const AGAIN = TCP_INFOS + HEAD + ROOM * 512;

  interface Parts {
    readonly counts?: readonly [number, number, number];
    readonly lengths?: readonly [number, number, number];
    readonly elementBytes?: number;
    readonly lastPort?: number;
  }

  function answerWith({
    counts = [2, 2, 2],
    lengths = [16, 16, 16],
    elementBytes = 280,
    lastPort = 2,
  }: Parts): MptcpAnswer {
    const answer = makeAnswer(ROOM);
    const { bytes } = answer;
    const view = new DataView(bytes.buffer);
    view.setInt32(0, 96, LITTLE_ENDIAN);
    lengths.forEach((length, index) => view.setInt32(4 + 4 * index, length, LITTLE_ENDIAN));
    [ARRAYS, TCP_INFOS, AGAIN].forEach((at, index) => {
      view.setUint32(at + 4, counts[index] as number, LITTLE_ENDIAN);
      view.setUint32(at + 12, index === 1 ? elementBytes : 256, LITTLE_ENDIAN);
    });
    for (const [at, second] of [
      [ARRAYS, 2],
      [AGAIN, lastPort],
    ] as const) {
      [1, second].forEach((port, index) => {
        const address = at + HEAD + 256 * index;
        view.setUint16(address, 2, LITTLE_ENDIAN);
        view.setUint16(address + 2, port);
        bytes.set([10, 0, 0, index], address + 4);
      });
    }
    [1, 8].forEach((state, index) => (bytes[TCP_INFOS + HEAD + elementBytes * index] = state));
    return answer;
  }

  test("have their addresses and states, whatever the length of the kernel's struct", () => {
    for (const elementBytes of [232, 248, 280, 512]) {
      const subflows = readSubflows(answerWith({ elementBytes }));
      expect(subflows).toMatchObject([
        {
          local: { family: "IPv4", address: "10.0.0.0", port: 1 },
          remote: undefined,
          tcpInfo: { state: "ESTABLISHED" },
        },
        {
          local: { family: "IPv4", address: "10.0.0.1", port: 2 },
          remote: undefined,
          tcpInfo: { state: "CLOSE_WAIT" },
        },
      ]);
    }
  });

  test("of which there are more than space, in any of the readings: their number", () => {
    expect(readSubflows(answerWith({ counts: [3, 3, 3] }))).toBe(3);
    expect(readSubflows(answerWith({ counts: [2, 2, 5] }))).toBe(5);
    expect(readSubflows(answerWith({ counts: [2, 4, 2] }))).toBe(4);
  });

  test("that came or went between the readings are read again", () => {
    expect(readSubflows(answerWith({ counts: [2, 1, 2] }))).toBe("changed");
    expect(readSubflows(answerWith({ counts: [2, 2, 1] }))).toBe("changed");
    expect(readSubflows(answerWith({ lastPort: 3 }))).toBe("changed");
  });

  test("that the kernel does not list, or lists in an unknown form, are undefined", () => {
    for (const lengths of [
      [-95, 16, 16],
      [16, -1, 16],
      [16, 16, 15],
    ] as const) {
      expect(readSubflows(answerWith({ lengths }))).toBeUndefined();
    }
    expect(readSubflows(answerWith({ elementBytes: 281 }))).toBeUndefined();
  });

  test("none", () => {
    expect(readSubflows(answerWith({ counts: [0, 0, 0] }))).toEqual([]);
  });
});
