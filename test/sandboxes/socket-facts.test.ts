// Congestion control and options where a sandbox denies system calls, and where another kernel answers: an option that
// can't be read is `undefined`, and no other one suffers from that.
import { endianness } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { compile, type Compiled, runDenied, runWithOptions } from "./helpers";

const DENIED = "ERR_SOCKINFO_SYSTEM_CALL_DENIED";
const UNSUPPORTED = "ERR_SOCKINFO_UNSUPPORTED_KERNEL";

/** Prints both functions' codes, the names of the options that are present, and the results. */
const READ = `
  pair((accepted) => {
    const [control, options] = [sockinfo.tryGetCongestionControl(accepted), sockinfo.tryGetSocketOptions(accepted)];
    const present = Object.keys(options ?? {}).filter((name) => options[name] !== undefined);
    const codes = [codeOf(() => sockinfo.getCongestionControl(accepted)), codeOf(() => sockinfo.getSocketOptions(accepted))];
    // JSON has no Infinity.
    const text = JSON.parse(JSON.stringify({ control, options }, (_, value) => value === Infinity ? "Infinity" : value));
    say({ codes, present, ...text });
  });`;

interface Report {
  readonly codes: [control: string, options: string];
  readonly present: string[];
  readonly control?: { name: string; bbr?: Record<string, unknown> };
  readonly options?: Record<string, unknown>;
}

/** What every connection has on every kernel. */
const ALWAYS = [
  "rcvBufferLimitBytes",
  "sndBufferLimitBytes",
  "noDelay",
  "keepAlive",
  "keepAliveIdleMs",
  "keepAliveIntervalMs",
  "keepAliveProbes",
  "maxPacingRateBytesPerSecond",
  "typeOfService",
  "cookie",
];

describe.skipIf(lacks("linux", "compiler"))("if a sandbox denies", () => {
  let denyCalls: Compiled;
  beforeAll(() => void (denyCalls = compile("deny-calls")));
  afterAll(() => denyCalls.remove());
  const run = (error: string, rules: string[]) => runDenied(denyCalls, error, rules, READ) as Report;

  test.each(["EPERM", "EACCES", "ENOSYS"])("getsockopt with %s: nothing can be read", (error) => {
    const { codes, control, options } = run(error, ["getsockopt:6:13", "getsockopt:6:4"]);
    expect({ codes, control, options }).toEqual({ codes: [DENIED, DENIED] });
  });

  test("nothing: every option is present", () => {
    expect(run("EPERM", [])).toMatchObject({ codes: ["none", "none"], present: ALWAYS });
  });

  test.each([
    ["SO_RCVBUF", "1:8", "rcvBufferLimitBytes"],
    ["SO_SNDBUF", "1:7", "sndBufferLimitBytes"],
    ["TCP_NODELAY", "6:1", "noDelay"],
    ["SO_KEEPALIVE", "1:9", "keepAlive"],
    ["TCP_KEEPINTVL", "6:5", "keepAliveIntervalMs"],
    ["TCP_KEEPCNT", "6:6", "keepAliveProbes"],
    ["SO_MAX_PACING_RATE", "1:47", "maxPacingRateBytesPerSecond"],
    ["IP_TOS", "0:1", "typeOfService"],
    ["SO_COOKIE", "1:57", "cookie"],
  ])("%s: only its property is absent", (_, rule, property) => {
    const { codes, present } = run("EPERM", [`getsockopt:${rule}`]);
    expect(codes).toEqual(["none", "none"]);
    expect(present).toEqual(ALWAYS.filter((name) => name !== property));
  });

  test("getsockname: only the type of service is absent", () => {
    // A listener: Node itself can't connect there.
    const script = `
      const server = net.createServer().listen(0, "127.0.0.1", () => {
        const { typeOfService, keepAlive } = sockinfo.getSocketOptions(server._handle.fd);
        say([typeOfService, keepAlive]);
      });`;
    expect(runDenied(denyCalls, "EPERM", ["getsockname"], script)).toEqual(["absent", false]);
  });

  test("getsockopt: descriptors of other kinds have the same codes as without a sandbox", () => {
    const script = `
      const fds = [require("node:fs").openSync("/dev/null"), 9999];
      say(fds.flatMap((fd) => [codeOf(() => sockinfo.getCongestionControl(fd)), codeOf(() => sockinfo.getSocketOptions(fd))]));`;
    const codes = ["ERR_SOCKINFO_NOT_TCP", "ERR_SOCKINFO_NOT_TCP", "EBADF", "EBADF"];
    expect(runDenied(denyCalls, "EPERM", ["getsockopt:6:13", "getsockopt:6:4"], script)).toEqual(codes);
    expect(runDenied(denyCalls, "EPERM", [], script)).toEqual(codes);
  });
});

describe.skipIf(lacks("linux", "compiler"))("a kernel that", () => {
  let fakeOptions: Compiled;
  beforeAll(() => void (fakeOptions = compile("fake-options")));
  afterAll(() => fakeOptions.remove());
  const run = (answers: string) => runWithOptions(fakeOptions, answers, READ) as Report;

  /** Words of 32 bits in this machine's byte order, in hexadecimal digits. */
  const hex = (...words: number[]) => Buffer.from(Uint32Array.from(words).buffer).toString("hex");
  const inOrder = (low: number, high: number) => (endianness() === "LE" ? hex(low, high) : hex(high, low));
  const nameOf = (name: string) => Buffer.from(name.padEnd(16, "\0")).toString("hex");
  const BBR = `6:13=${nameOf("bbr")}`;

  test("has BBR of version 3: it has the state of that version", () => {
    const words = [8, 0, 10_000, 739, 739, 16, 0, 4, 0, 0, 20, 0xffff_ffff, 2];
    const bytes = Buffer.from(Uint32Array.from(words).buffer);
    bytes.set([2, 6, 0, 3], 36);
    expect(run(`${BBR} 6:26=${bytes.toString("hex")}`).control).toEqual({
      name: "bbr",
      bbr: {
        version: 3,
        bandwidthBytesPerSecond: 8,
        minRttMs: 10,
        pacingGain: 739 / 256,
        cwndGain: 739 / 256,
        phase: "PROBE_BW_CRUISE",
        maxBandwidthBytesPerSecond: 16,
        shortTermBandwidthLimitBytesPerSecond: 4,
        shortTermInflightLimitSegments: 20,
        longTermInflightLimitSegments: "Infinity",
        extraAckedSegments: 2,
      },
    });
  });

  test.each([
    ["has BBR without a state", `${BBR} 6:26=`],
    ["has no TCP_CC_INFO", `${BBR} 6:26!92`],
    ["has another struct under BBR's name", `${BBR} 6:26=${hex(1, 2, 3, 4)}`],
    ["returns a state that is longer than the buffer", `${BBR} 6:26=${"00".repeat(600)}`],
  ])("%s: the name is all there is", (_, answers) => {
    expect(run(answers)).toMatchObject({ codes: ["none", "none"], control: { name: "bbr" } });
    expect(run(answers).control).not.toHaveProperty("bbr");
  });

  test("has another algorithm with the length of BBR's struct: the name decides", () => {
    const { control } = run(`6:13=${nameOf("vegas")} 6:26=${hex(1, 2, 3, 4, 5)}`);
    expect(control).toEqual({ name: "vegas" });
  });

  test.each([
    ["has no TCP_CONGESTION", "6:13!92"],
    ["returns no name", "6:13="],
    ["returns an empty name", `6:13=${nameOf("")}`],
    ["cuts the name off, as qemu's user mode does", "6:13=63756269"],
  ])("%s", (_, answers) => {
    expect(run(answers)).toMatchObject({ codes: [UNSUPPORTED, "none"] });
    expect(run(answers)).not.toHaveProperty("control");
  });

  test("returns a short name in four bytes, as qemu's user mode does", () => {
    expect(run("6:13=62627200").control?.name).toBe("bbr");
  });

  test("is older: options that it lacks are absent", () => {
    const { present } = run("1:72!92 1:57!92 1:47!92 6:25!92 6:18!92");
    expect(present).toEqual(ALWAYS.filter((name) => !["cookie", "maxPacingRateBytesPerSecond"].includes(name)));
  });

  test("has no keep-alive options for MPTCP: the others are present", () => {
    // As older kernels. SO_PROTOCOL is that of MPTCP.
    const { codes, present } = run(`6:4!95 6:5!95 6:6!95 1:38=${hex(262)}`);
    expect(codes).toEqual(["none", "none"]);
    expect(present).toEqual(ALWAYS.filter((name) => !/^keepAlive./.test(name)));
  });

  test.each([
    ["4 bytes", hex(12_500), 12_500],
    ["4 bytes, without a limit", hex(0xffff_ffff), "Infinity"],
    ["8 bytes", inOrder(1, 1), 2 ** 32 + 1],
  ])("returns the pacing rate in %s", (_, bytes, expected) => {
    expect(run(`1:47=${bytes}`).options).toMatchObject({ maxPacingRateBytesPerSecond: expected });
  });

  test("has a cookie that uses all 64 bits", () => {
    expect(run(`1:57=${inOrder(0x0a, 0xffff_ffff)}`).options).toMatchObject({ cookie: "ffffffff0000000a" });
  });

  test("returns longer answers than it may: no other option changes", () => {
    const usual = run("").options;
    const { rcvBufferLimitBytes, ...rest } = run(`1:8=${"11".repeat(64)}`).options ?? {};
    expect(rcvBufferLimitBytes).toBeUndefined();
    expect(Object.keys(rest)).toEqual(Object.keys(usual ?? {}).filter((name) => name !== "rcvBufferLimitBytes"));
  });
});
