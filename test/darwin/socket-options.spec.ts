// getSocketOptions and getCongestionControl on the fake Mac: Apple's numbers of the options, and the units of macOS.
import { getCongestionControl, getSocketOptions, SocketInfoError, tryGetCongestionControl } from "sockinfo";
import { describe, expect, test } from "vitest";
import { type SystemCall, useKernel } from "./fake-mac.mts";
import { readLayouts } from "./layouts.mts";

const { constants } = readLayouts();
const FD = 42;

const word = (value: number) => new Uint8Array(Int32Array.of(value).buffer);

/** A struct sockaddr_in or sockaddr_in6 of macOS, whose second byte is the family. */
const IPV4 = Uint8Array.of(16, constants.AF_INET, ...Array.from({ length: 14 }, () => 0));
const ipv6 = (...address: number[]) => {
  const before = Array.from({ length: 16 - address.length }, () => 0);
  return Uint8Array.of(28, constants.AF_INET6, 0, 0, 0, 0, 0, 0, ...before, ...address, 0, 0, 0, 0);
};
const MAPPED = ipv6(0xff, 0xff, 127, 0, 0, 1);

/** By Apple's names. The flags are those of xnu: bits, not 1. */
const USUAL = {
  TCP_KEEPALIVE: 7200,
  SO_KEEPALIVE: 8,
  TCP_KEEPINTVL: 75,
  TCP_KEEPCNT: 8,
  TCP_NODELAY: 4,
  SO_RCVBUF: 131_072,
  SO_SNDBUF: 146_988,
  TCP_RXT_CONNDROPTIME: 30,
  TCP_NOTSENT_LOWAT: 16_384,
  IP_TOS: 0x20,
  IPV6_TCLASS: 0x48,
};
const LEVELS = { TCP: "IPPROTO_TCP", SO: "SOL_SOCKET", IP: "IPPROTO_IP", IPV6: "IPPROTO_IPV6" } as const;

/** A negative number is an error. */
type Answers = Partial<Record<keyof typeof USUAL, number>>;

/** Sets the kernel's answers. Returns the list of its calls, which grows. */
function answerWith(changes: Answers = {}, address = IPV4): SystemCall[] {
  const calls: SystemCall[] = [];
  const answers = { ...USUAL, ...changes };
  useKernel((call) => {
    calls.push(call);
    if (call.call === "getsockname") return address.subarray(0, call.capacity);
    const name = (Object.keys(USUAL) as (keyof typeof USUAL)[]).find((candidate) => {
      const level = LEVELS[candidate.split("_")[0] as keyof typeof LEVELS];
      return constants[level] === call.level && constants[candidate] === call.option;
    });
    const answer = name === undefined ? -constants.ENOPROTOOPT : answers[name];
    return answer < 0 ? -answer : word(answer);
  });
  return calls;
}

const codeOf = (call: () => unknown) => {
  try {
    return call();
  } catch (error) {
    return (error as SocketInfoError).code;
  }
};

test("every option that macOS has, in our units", () => {
  const calls = answerWith();
  expect(getSocketOptions(FD)).toStrictEqual({
    rcvBufferLimitBytes: 131_072,
    sndBufferLimitBytes: 146_988,
    requestedRcvBufferBytes: undefined,
    requestedSndBufferBytes: undefined,
    noDelay: true,
    keepAlive: true,
    keepAliveIdleMs: 7_200_000,
    keepAliveIntervalMs: 75_000,
    keepAliveProbes: 8,
    userTimeoutMs: 30_000,
    notSentLimitBytes: 16_384,
    maxPacingRateBytesPerSecond: undefined,
    typeOfService: 0x20,
    mark: undefined,
    cookie: undefined,
  });
  expect(calls.filter(({ call }) => call === "getsockopt")).toHaveLength(10);
  expect(calls.map(({ fd }) => fd)).toEqual(calls.map(() => FD));
});

test("flags and limits that are not set", () => {
  answerWith({ SO_KEEPALIVE: 0, TCP_NODELAY: 0, TCP_RXT_CONNDROPTIME: 0, TCP_NOTSENT_LOWAT: 0 });
  const { noDelay, keepAlive, userTimeoutMs, notSentLimitBytes } = getSocketOptions(FD);
  expect([noDelay, keepAlive, userTimeoutMs, notSentLimitBytes]).toEqual([false, false, undefined, undefined]);
});

test.each([
  ["IPv4", IPV4, 0x20],
  ["IPv6", ipv6(1), 0x48],
  ["a dual-stack socket that carries IPv4", MAPPED, 0x20],
])("the type of service of %s", (_, address, expected) => {
  answerWith({}, address);
  expect(getSocketOptions(FD).typeOfService).toBe(expected);
});

test("a type of service that can't be read is absent", () => {
  answerWith({ IP_TOS: -constants.EINVAL });
  expect(getSocketOptions(FD)).toMatchObject({ typeOfService: undefined, noDelay: true });
});

describe("a descriptor that is not TCP", () => {
  test.each([
    ["a UDP socket", "EINVAL", "ERR_SOCKINFO_NOT_TCP"],
    ["a Unix socket", "EOPNOTSUPP", "ERR_SOCKINFO_NOT_TCP"],
    ["a file", "ENOTSOCK", "ERR_SOCKINFO_NOT_TCP"],
    ["a number that is not open", "EBADF", "EBADF"],
    ["a socket whose connection is gone", "ECONNRESET", "ERR_SOCKINFO_SOCKET_CLOSED"],
  ] as const)("%s", (_, error, code) => {
    // A Unix socket takes TCP_NODELAY for LOCAL_PEERCRED, and returns bytes.
    answerWith({ TCP_KEEPALIVE: -constants[error] });
    expect(codeOf(() => getSocketOptions(FD))).toBe(code);
  });
});

test("the congestion control is not reported, and costs no system call", () => {
  const calls = answerWith();
  expect(codeOf(() => getCongestionControl(FD))).toBe("ERR_SOCKINFO_UNSUPPORTED_PLATFORM");
  expect(tryGetCongestionControl(FD)).toBeUndefined();
  expect(calls).toEqual([]);
});
