// getSocketOptions against Python's getsockopt on the same socket, against `ss`, and against captured packets.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { getSocketOptions, type SocketOptions, tryGetSocketOptions } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { listen, portOf } from "../helpers/servers";
import { askPython, type Seen } from "./ask-python";

const UINT32_MAX = 2 ** 32 - 1;

/** A dual-stack listener is one of IPv6 that also accepts IPv4. The client decides between the two. */
const KINDS: Record<string, { listens: string; connects: string }> = {
  IPv4: { listens: "127.0.0.1", connects: "127.0.0.1" },
  IPv6: { listens: "::1", connects: "::1" },
  "dual-stack": { listens: "::", connects: "127.0.0.1" },
};

/** What the documentation says about each property, applied to Python's values. */
function expectedOf(seen: Seen, typeOfService: number | undefined): SocketOptions {
  const lock = seen.SO_BUF_LOCK ?? 0;
  return {
    rcvBufferLimitBytes: seen.SO_RCVBUF,
    sndBufferLimitBytes: seen.SO_SNDBUF,
    requestedRcvBufferBytes: lock >= 2 ? seen.SO_RCVBUF / 2 : undefined,
    requestedSndBufferBytes: lock % 2 === 1 ? seen.SO_SNDBUF / 2 : undefined,
    noDelay: seen.TCP_NODELAY === 1,
    keepAlive: seen.SO_KEEPALIVE === 1,
    keepAliveIdleMs: seen.TCP_KEEPIDLE * 1000,
    keepAliveIntervalMs: seen.TCP_KEEPINTVL * 1000,
    keepAliveProbes: seen.TCP_KEEPCNT,
    userTimeoutMs: seen.TCP_USER_TIMEOUT === 0 ? undefined : seen.TCP_USER_TIMEOUT,
    notSentLimitBytes: [0, UINT32_MAX].includes(seen.TCP_NOTSENT_LOWAT) ? undefined : seen.TCP_NOTSENT_LOWAT,
    maxPacingRateBytesPerSecond: /^f+$/.test(seen.SO_MAX_PACING_RATE)
      ? Infinity
      : Number.parseInt(seen.SO_MAX_PACING_RATE, 16),
    typeOfService,
    mark: seen.SO_MARK === 0 ? undefined : seen.SO_MARK,
    cookie: seen.SO_COOKIE,
  };
}

async function connectOver(kind: string): Promise<{ accepted: Socket; client: Socket; port: number }> {
  const { listens, connects } = KINDS[kind] as (typeof KINDS)[string];
  const server = await listen(createServer(), { host: listens, port: 0 });
  const port = portOf(server);
  const client = createConnection({ host: connects, port });
  onTestFinished(() => void client.destroy());
  const [[accepted]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [
    [Socket],
    unknown,
  ];
  return { accepted, client, port };
}

const sysctl = (name: string) => Number(readFileSync(`/proc/sys/net/${name}`, "utf8"));

describe.skipIf(lacks("linux", "python"))("every option is what Python reads", () => {
  describe.each(["IPv4", "IPv6", "dual-stack"])("over %s", (kind) => {
    test("on a new connection", async () => {
      const { accepted, client } = await connectOver(kind);
      for (const socket of [accepted, client]) {
        const seen = askPython(socket);
        expect(getSocketOptions(socket)).toStrictEqual(
          expectedOf(seen, kind === "IPv6" ? seen.IPV6_TCLASS : seen.IP_TOS),
        );
        expect(tryGetSocketOptions(socket)).toStrictEqual(getSocketOptions(socket));
      }
    });

    test("after all were set", async () => {
      const { accepted } = await connectOver(kind);
      const set = {
        TCP_NODELAY: 1,
        SO_KEEPALIVE: 1,
        TCP_KEEPIDLE: 33,
        TCP_KEEPINTVL: 11,
        TCP_KEEPCNT: 5,
        TCP_USER_TIMEOUT: 12_345,
        TCP_NOTSENT_LOWAT: 16_384,
        SO_MAX_PACING_RATE: 5_000_000_000,
        IP_TOS: 0x20,
        ...(kind !== "IPv4" && { IPV6_TCLASS: 0x48 }),
        SO_SNDBUF: 70_000,
        SO_RCVBUF: 60_000,
      };
      const seen = askPython(accepted, set);
      const options = getSocketOptions(accepted);
      expect(options).toStrictEqual(expectedOf(seen, kind === "IPv6" ? 0x48 : 0x20));
      expect(options).toMatchObject({
        noDelay: true,
        keepAlive: true,
        keepAliveIdleMs: 33_000,
        keepAliveIntervalMs: 11_000,
        keepAliveProbes: 5,
        userTimeoutMs: 12_345,
        notSentLimitBytes: 16_384,
        maxPacingRateBytesPerSecond: 5_000_000_000,
        sndBufferLimitBytes: 140_000,
        rcvBufferLimitBytes: 120_000,
      });
    });
  });

  test.skipIf(lacks("root"))("the mark", async () => {
    const { accepted } = await connectOver("IPv4");
    askPython(accepted, { SO_MARK: 0xfedc_ba98 });
    expect(getSocketOptions(accepted).mark).toBe(0xfedc_ba98);
  });

  test("limits that were set and taken back", async () => {
    const { accepted } = await connectOver("IPv4");
    askPython(accepted, { TCP_USER_TIMEOUT: 1, TCP_NOTSENT_LOWAT: 1, SO_MAX_PACING_RATE: 1 });
    expect(getSocketOptions(accepted)).toMatchObject({
      userTimeoutMs: 1,
      notSentLimitBytes: 1,
      maxPacingRateBytesPerSecond: 1,
    });
    askPython(accepted, { TCP_USER_TIMEOUT: 0, TCP_NOTSENT_LOWAT: UINT32_MAX });
    expect(getSocketOptions(accepted)).toMatchObject({ userTimeoutMs: undefined, notSentLimitBytes: undefined });
    askPython(accepted, { TCP_NOTSENT_LOWAT: 0 });
    expect(getSocketOptions(accepted)).toMatchObject({ notSentLimitBytes: undefined });
  });

  describe("buffers", () => {
    test("have the requested size, doubled", async () => {
      const { accepted } = await connectOver("IPv4");
      const { requestedSndBufferBytes, requestedRcvBufferBytes } = getSocketOptions(accepted);
      expect([requestedSndBufferBytes, requestedRcvBufferBytes]).toEqual([undefined, undefined]);
      const { SO_BUF_LOCK } = askPython(accepted, { SO_SNDBUF: 70_000 });
      const { sndBufferLimitBytes, ...options } = getSocketOptions(accepted);
      expect(sndBufferLimitBytes).toBe(140_000);
      // Linux before 5.14 does not tell whether a size was requested.
      expect(options.requestedSndBufferBytes).toBe(SO_BUF_LOCK === undefined ? undefined : 70_000);
      expect(options.requestedRcvBufferBytes).toBeUndefined();
    });

    test("are cut down to the system's limit", async () => {
      const { accepted } = await connectOver("IPv4");
      askPython(accepted, { SO_SNDBUF: 2 ** 30, SO_RCVBUF: 2 ** 30 });
      const [most, mostReceived] = [sysctl("core/wmem_max"), sysctl("core/rmem_max")];
      expect(getSocketOptions(accepted)).toMatchObject({
        sndBufferLimitBytes: 2 * most,
        rcvBufferLimitBytes: 2 * mostReceived,
      });
      const { requestedSndBufferBytes: requested = most } = getSocketOptions(accepted);
      expect(requested).toBe(most);
    });

    test("are at least as large as the kernel needs", async () => {
      const { accepted } = await connectOver("IPv4");
      askPython(accepted, { SO_SNDBUF: 1 });
      const { sndBufferLimitBytes = 0, requestedSndBufferBytes } = getSocketOptions(accepted);
      expect(sndBufferLimitBytes).toBeGreaterThan(1000);
      expect([undefined, sndBufferLimitBytes / 2]).toContain(requestedSndBufferBytes);
    });
  });
});

describe.skipIf(lacks("linux", "ss", "python"))("ss shows the same", () => {
  const readSs = (port: number, v6: boolean) =>
    execFileSync("ss", ["-tinmeoOH", "--tos", v6 ? "-6" : "-4", `sport = :${port}`], {
      encoding: "utf8",
    });

  test.each(["IPv4", "IPv6", "dual-stack"])("over %s", async (kind) => {
    const { accepted, port } = await connectOver(kind);
    askPython(accepted, { IP_TOS: 0x20, SO_SNDBUF: 70_000, SO_MAX_PACING_RATE: 5_000_000_000, TCP_KEEPIDLE: 3000 });
    accepted.setKeepAlive(true, 3_000_000);
    const text = readSs(port, kind !== "IPv4");
    const options = getSocketOptions(accepted);
    const find = (pattern: RegExp) => pattern.exec(text)?.[1];
    expect(options.cookie).toBe(find(/ sk:(\w+)/));
    expect(options.rcvBufferLimitBytes).toBe(Number(find(/skmem:\(.*?,rb(\d+)/)));
    expect(options.sndBufferLimitBytes).toBe(Number(find(/skmem:\(.*?,tb(\d+)/)));
    expect(options.maxPacingRateBytesPerSecond).toBe(Number(find(/pacing_rate \d+bps\/(\d+)bps/)) / 8);
    const service = kind === "IPv6" ? find(/ tclass:(\w+)/) : find(/ tos:(\w+)/);
    expect(options.typeOfService).toBe(Number(service));
    // The time that remains until the first probe: "timer:(keepalive,49min,0)".
    expect(find(/timer:\((keepalive,(49|50)min)/)).toBeDefined();
    expect(options).toMatchObject({ keepAlive: true, keepAliveIdleMs: 3_000_000 });
  });

  test.skipIf(lacks("root"))("the mark", async () => {
    const { accepted, port } = await connectOver("IPv4");
    askPython(accepted, { SO_MARK: 0xab12 });
    expect(readSs(port, false)).toContain(` fwmark:0x${getSocketOptions(accepted).mark?.toString(16)}`);
  });
});

test.skipIf(lacks("linux", "root", "python"))("the type of service is that of the packets", async () => {
  for (const [kind, version, service] of [
    ["IPv4", 4, 0x20],
    ["IPv6", 6, 0x48],
    ["dual-stack", 4, 0x20],
  ] as const) {
    const { accepted, port } = await connectOver(kind);
    askPython(accepted, { IP_TOS: 0x20, ...(kind !== "IPv4" && { IPV6_TCLASS: 0x48 }) });
    const program = [join(import.meta.dirname, "captured-tos.py"), String(port)];
    const capture = spawn("python3", program, { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void capture.stdin.end());
    const lines = createInterface(capture.stdout)[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe("ready");
    accepted.write("x");
    expect((await lines.next()).value).toBe(`${version} ${service}`);
    expect(getSocketOptions(accepted).typeOfService).toBe(service);
    capture.stdin.end();
    await once(capture, "exit");
  }
});
