// getSocketMemory, getQueuedBytes, getMptcpInfo and droppedSyns on kernels that lack a call or return a shorter or longer
// answer, and in sandboxes: what is missing is `undefined`, or the error has one code.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { compile, type Compiled, runDenied, runWithQueues, TCP_INFO } from "./helpers";

const ABSENT = "absent";
const DENIED = "ERR_SOCKINFO_SYSTEM_CALL_DENIED";
const UNSUPPORTED = "ERR_SOCKINFO_UNSUPPORTED_KERNEL";

/** All getters on a connection whose client has written 100 bytes, and on its listener. */
const READ = `
  const outcome = (call) => { try { return call(); } catch (error) { return error.code; } };
  const server = net.createServer({ pauseOnConnect: true }, (accepted) => {
    const wait = setInterval(() => {
      if (outcome(() => sockinfo.getQueuedBytes(accepted)).unreadBytes === 0) return;
      clearInterval(wait);
      say({
        memory: outcome(() => sockinfo.getSocketMemory(accepted)),
        tryMemory: sockinfo.tryGetSocketMemory(accepted) === undefined ? "absent" : "a result",
        queued: outcome(() => sockinfo.getQueuedBytes(accepted)),
        tryQueued: sockinfo.tryGetQueuedBytes(accepted) === undefined ? "absent" : "a result",
        mptcp: outcome(() => sockinfo.getMptcpInfo(accepted)),
        tryMptcp: sockinfo.tryGetMptcpInfo(accepted),
        dropped: outcome(() => connections.getListenerInfo(server).droppedSyns),
      });
    }, 5);
  }).listen(0, "127.0.0.1", () => net.connect(server.address().port, "127.0.0.1").write("x".repeat(100)));`;

interface Report {
  readonly memory: Record<string, unknown> | string;
  readonly tryMemory: string;
  readonly queued: Record<string, unknown> | string;
  readonly tryQueued: string;
  readonly dropped: unknown;
}

describe.skipIf(lacks("linux", "compiler"))("a kernel that", () => {
  let fakeQueues: Compiled;
  beforeAll(() => void (fakeQueues = compile("fake-queues")));
  afterAll(() => fakeQueues.remove());
  const read = (answers: string) => runWithQueues(fakeQueues, answers, READ) as Report;

  const WORDS = [
    "rcvQueueMemoryBytes",
    "rcvBufferLimitBytes",
    "inTransitMemoryBytes",
    "sndBufferLimitBytes",
    "reservedMemoryBytes",
    "sndQueueMemoryBytes",
    "optionMemoryBytes",
    "backlogMemoryBytes",
    "droppedPackets",
  ];

  test.each([0, 3, 4, 16, 20, 32, 35, 36, 40, 200])("returns %i bytes of memory: the words in them", (length) => {
    const { memory, dropped } = read(`memory ${length}`) as { memory: Record<string, unknown>; dropped: unknown };
    expect(Object.keys(memory)).toEqual(WORDS);
    const present = WORDS.filter((name) => memory[name] !== ABSENT);
    expect(present).toEqual(WORDS.slice(0, Math.floor(length / 4)));
    expect(dropped).toBe(length >= 36 ? 0 : ABSENT);
  });

  test.each([
    ["ENOPROTOOPT", 92],
    ["EOPNOTSUPP", 95],
  ])("has no SO_MEMINFO (%s): the rest works", (_, errno) => {
    const { memory, tryMemory, queued, dropped } = read(`memory -${errno}`);
    expect({ memory, tryMemory, dropped }).toEqual({ memory: UNSUPPORTED, tryMemory: ABSENT, dropped: ABSENT });
    expect(queued).toMatchObject({ unreadBytes: 100 });
  });

  test("returns words with the highest bit: one is signed", () => {
    const { memory, dropped } = read("reserved -4096,drops ffffffff");
    expect(memory).toMatchObject({ reservedMemoryBytes: -4096, droppedPackets: 0xffff_ffff });
    expect(dropped).toBe(0xffff_ffff);
  });

  test("lacks SIOCOUTQNSD: what was sent is not known", () => {
    const { queued } = read("unsent -25");
    expect(queued).toEqual({ unreadBytes: 100, unackedBytes: ABSENT, notSentBytes: ABSENT, sendQueueBytes: 0 });
  });

  test("lacks all of these calls", () => {
    const { queued, tryQueued } = read("ioctl -25");
    const nothing = { unreadBytes: ABSENT, unackedBytes: ABSENT, notSentBytes: ABSENT, sendQueueBytes: ABSENT };
    expect({ queued, tryQueued }).toEqual({ queued: nothing, tryQueued: "a result" });
  });

  test("says that more is not sent than is queued, because the process wrote meanwhile", () => {
    const { queued } = read("moved 5000");
    expect(queued).toEqual({ unreadBytes: 100, unackedBytes: 0, notSentBytes: 5000, sendQueueBytes: 0 });
  });

  test.each([1, 13, 38])("denies ioctl with error %i", (errno) => {
    const { queued, tryQueued } = read(`ioctl -${errno}`);
    expect({ queued, tryQueued }).toEqual({ queued: DENIED, tryQueued: ABSENT });
  });

  test("has made the socket a listener meanwhile", () => {
    const { queued, tryQueued } = read("ioctl -22");
    expect({ queued, tryQueued }).toEqual({ queued: "ERR_SOCKINFO_NOT_CONNECTED", tryQueued: ABSENT });
  });
});

describe.skipIf(lacks("linux", "compiler"))("a sandbox that denies", () => {
  let denyCalls: Compiled;
  beforeAll(() => void (denyCalls = compile("deny-calls")));
  afterAll(() => denyCalls.remove());
  const MEMORY = "getsockopt:1:55";
  const PROTOCOL = "getsockopt:1:38";
  const MPTCP_INFO = "getsockopt:284:1";

  test.each([
    ["SO_MEMINFO", MEMORY, { memory: DENIED, tryMemory: ABSENT, dropped: ABSENT, tryQueued: "a result" }],
    ["TCP_INFO", TCP_INFO, { queued: DENIED, tryQueued: ABSENT, dropped: DENIED, tryMemory: "a result" }],
    ["MPTCP_INFO", MPTCP_INFO, { mptcp: DENIED, tryMptcp: ABSENT, tryQueued: "a result" }],
    // It may be a listener of MPTCP, whose number means nothing.
    ["SO_PROTOCOL", PROTOCOL, { dropped: ABSENT, tryMemory: "a result", tryQueued: "a result" }],
  ])("%s", (_, rule, expected) => {
    expect(runDenied(denyCalls, "EPERM", [rule], READ)).toMatchObject(expected);
  });
});
