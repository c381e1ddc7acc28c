// getQueuedBytes in the compiled macOS binary, with Apple's numbers, and what macOS lacks.
import { getMptcpInfo, getQueuedBytes, getSocketMemory, tryGetMptcpInfo, tryGetSocketMemory } from "sockinfo";
import { describe, expect, test } from "vitest";
import { type SystemCall, useKernel } from "./fake-mac.mts";
import { encode, readLayouts } from "./layouts.mts";

const { structs, constants } = readLayouts();
const FD = 42;
const number = (value: number) => new Uint8Array(Int32Array.of(value).buffer);

/** A kernel with a connection in that state, and answers to SO_NREAD and SO_NWRITE. Returns its calls, which grow. */
function answerWith(tcpi_state: number, unread: number | Uint8Array, sendQueue: number | Uint8Array): SystemCall[] {
  const calls: SystemCall[] = [];
  useKernel((call) => {
    calls.push(call);
    if (call.call !== "getsockopt") return constants.ENOSYS;
    if (call.level === constants.IPPROTO_TCP && call.option === constants.TCP_CONNECTION_INFO)
      return encode(structs.tcp_connection_info, { tcpi_state }).subarray(0, call.capacity);
    if (call.level !== constants.SOL_SOCKET) return constants.ENOPROTOOPT;
    if (call.option === constants.SO_NREAD) return unread;
    return call.option === constants.SO_NWRITE ? sendQueue : constants.ENOPROTOOPT;
  });
  return calls;
}

describe("the queues of macOS", () => {
  test("are read by three calls: what was sent of the send queue is not known", () => {
    expect([constants.SO_NREAD, constants.SO_NWRITE]).toEqual([0x1020, 0x1024]);
    const calls = answerWith(4, number(77), number(3000));
    expect(getQueuedBytes(FD)).toEqual({
      unreadBytes: 77,
      unackedBytes: undefined,
      notSentBytes: undefined,
      sendQueueBytes: 3000,
    });
    expect(calls).toMatchObject([
      { call: "getsockopt", fd: FD, level: constants.IPPROTO_TCP, option: constants.TCP_CONNECTION_INFO, capacity: 1 },
      { call: "getsockopt", fd: FD, level: constants.SOL_SOCKET, option: constants.SO_NREAD, capacity: 4 },
      { call: "getsockopt", fd: FD, level: constants.SOL_SOCKET, option: constants.SO_NWRITE, capacity: 4 },
    ]);
  });

  test.each([
    ["FIN_WAIT_1", 6],
    ["CLOSING", 7],
    ["LAST_ACK", 8],
  ])("have no FIN that would have to be subtracted: %s", (_, state) => {
    answerWith(state, number(0), number(3000));
    expect(getQueuedBytes(FD).sendQueueBytes).toBe(3000);
  });

  test("of which one can't be read: the other is there", () => {
    answerWith(4, constants.ENOPROTOOPT, number(5));
    expect(getQueuedBytes(FD)).toMatchObject({ unreadBytes: undefined, sendQueueBytes: 5 });
  });

  test.each([
    ["a listener", 1],
    ["a connecting socket", 2],
  ])("are not read of %s", (_, state) => {
    answerWith(state, number(0), number(0));
    expect(() => getQueuedBytes(FD)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_NOT_CONNECTED" }));
  });

  test("are denied by a sandbox", () => {
    answerWith(4, constants.EPERM, number(0));
    expect(() => getQueuedBytes(FD)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_SYSTEM_CALL_DENIED" }));
  });
});

test("memory and MPTCP are on Linux only", () => {
  const calls = answerWith(4, number(0), number(0));
  for (const get of [getSocketMemory, getMptcpInfo])
    expect(() => get(FD)).toThrow(expect.objectContaining({ code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM" }));
  for (const tryGet of [tryGetSocketMemory, tryGetMptcpInfo]) expect(tryGet(FD)).toBeUndefined();
  expect(calls).toEqual([]);
});
