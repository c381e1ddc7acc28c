// Congestion control and options of real connections, against what Node has set and what /proc says.
import { readFileSync } from "node:fs";
import http from "node:http";
import { once } from "node:events";
import { getCongestionControl, getSocketOptions, type SocketOptions } from "sockinfo";
import { describe, expect, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf } from "../helpers/servers";

const LINUX_ONLY = ["maxPacingRateBytesPerSecond", "cookie"] as const;
/** These are not set, or the kernel may be too old. */
const MAY_LACK = [
  "requestedRcvBufferBytes",
  "requestedSndBufferBytes",
  "userTimeoutMs",
  "notSentLimitBytes",
  "mark",
] as const;

test("every option that the system has is there", async () => {
  const { accepted } = await connectPair();
  const options = getSocketOptions(accepted);
  const absent = Object.keys(options).filter((name) => options[name as keyof SocketOptions] === undefined);
  const mayLack: readonly string[] = process.platform === "linux" ? MAY_LACK : [...MAY_LACK, ...LINUX_ONLY];
  expect(absent.filter((name) => !mayLack.includes(name))).toEqual([]);
  expect(absent).toEqual(expect.arrayContaining([...MAY_LACK]));
  expect(options.rcvBufferLimitBytes).toBeGreaterThan(1000);
  expect(options.sndBufferLimitBytes).toBeGreaterThan(1000);
  expect(options).toMatchObject({ keepAlive: false, typeOfService: 0 });
});

test("no-delay and keep-alive are what Node has set", async () => {
  const { accepted } = await connectPair();
  for (const [noDelay, keepAlive, seconds] of [
    [true, true, 7],
    [false, true, 3600],
    [true, false, 3600],
  ] as const) {
    accepted.setNoDelay(noDelay);
    accepted.setKeepAlive(keepAlive, seconds * 1000);
    expect(getSocketOptions(accepted)).toMatchObject({ noDelay, keepAlive });
    if (keepAlive) expect(getSocketOptions(accepted).keepAliveIdleMs).toBe(seconds * 1000);
  }
});

test("a request leads to the options of its socket", async () => {
  const server = await listen(
    http.createServer({ keepAlive: true, keepAliveInitialDelay: 11_000, noDelay: true }, (req, res) => {
      res.end(JSON.stringify([getSocketOptions(req), getSocketOptions(req.socket)]));
    }),
  );
  const [response] = (await once(http.get({ port: portOf(server), agent: false }), "response")) as [
    http.IncomingMessage,
  ];
  const [text] = (await once(response.setEncoding("utf8"), "data")) as [string];
  const [byRequest, bySocket] = JSON.parse(text) as SocketOptions[];
  expect(byRequest).toEqual(bySocket);
  expect(byRequest).toMatchObject({ noDelay: true, keepAlive: true, keepAliveIdleMs: 11_000 });
});

describe.skipIf(lacks("linux"))("on Linux", () => {
  /** The column "tr tm->when" of proc_net_tcp: the kind of timer, and the time that remains in 1/100 seconds. */
  function timerOf(localPort: number, remotePort: number): [kind: number, remaining: number] {
    const toHex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");
    const line = readFileSync("/proc/net/tcp", "latin1")
      .split("\n")
      .map((text) => text.trim().split(/\s+/))
      .find(
        ([, local, remote]) => local?.endsWith(`:${toHex(localPort)}`) && remote?.endsWith(`:${toHex(remotePort)}`),
      );
    const [kind = "", remaining = ""] = line?.[5]?.split(":") ?? [];
    return [Number.parseInt(kind, 16), Number.parseInt(remaining, 16)];
  }

  test("the keep-alive timer runs for as long as the option says", async () => {
    const { accepted } = await connectPair();
    const [localPort, remotePort] = [accepted.localPort as number, accepted.remotePort as number];
    expect(timerOf(localPort, remotePort)[0]).toBe(0);
    accepted.setKeepAlive(true, 5_000_000);
    const [kind, remaining] = timerOf(localPort, remotePort);
    const KEEP_ALIVE_TIMER = 2;
    expect(kind).toBe(KEEP_ALIVE_TIMER);
    const { keepAliveIdleMs = 0 } = getSocketOptions(accepted);
    expect(remaining * 10).toBeLessThanOrEqual(keepAliveIdleMs);
    expect(remaining * 10).toBeGreaterThan(keepAliveIdleMs - 100_000);
  });

  test("without a setting, keep-alive has the system's numbers", async () => {
    const { accepted } = await connectPair();
    const sysctl = (name: string) => Number(readFileSync(`/proc/sys/net/ipv4/tcp_keepalive_${name}`, "utf8"));
    expect(getSocketOptions(accepted)).toMatchObject({
      keepAliveIdleMs: sysctl("time") * 1000,
      keepAliveIntervalMs: sysctl("intvl") * 1000,
      keepAliveProbes: sysctl("probes"),
    });
  });

  test("each socket has a cookie of its own, always the same", async () => {
    const pairs = await Promise.all([connectPair(), connectPair()]);
    const sockets = pairs.flatMap(({ accepted, client }) => [accepted, client]);
    const cookies = sockets.map((socket) => getSocketOptions(socket).cookie);
    expect(new Set(cookies).size).toBe(4);
    for (const cookie of cookies) expect(cookie).toMatch(/^[1-9a-f][\da-f]*$/);
    expect(sockets.map((socket) => getSocketOptions(socket).cookie)).toEqual(cookies);
  });

  test("the congestion control is the system's. Only BBR has a state", async () => {
    const { accepted, client } = await connectPair();
    const name = readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim();
    for (const socket of [accepted, client]) {
      const control = getCongestionControl(socket);
      expect(control.name).toBe(name);
      expect(control.bbr !== undefined).toBe(name === "bbr");
    }
  });
});
