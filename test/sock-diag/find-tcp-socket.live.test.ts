// findTcpSocket and readCookie on real connections, against getsockopt on the same sockets.
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { constants, networkInterfaces } from "node:os";
import { getFd, getTcpInfo, getTcpInfoBytes } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { core } from "../helpers/core";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf, until } from "../helpers/servers";
import { binding, cookieOf, find, idOf } from "./helpers";

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
const INFO_OFFSET = 88;

/** What sock_diag and getsockopt return at one moment: again, if a timer went on in between. */
function readBoth(socket: Socket): { diag: Uint8Array; own: Uint8Array } {
  for (let tries = 0; tries < 1000; tries++) {
    const own = getTcpInfoBytes(socket);
    const diag = infoBytes(socket);
    if (Buffer.compare(own, getTcpInfoBytes(socket)) === 0) return { diag, own };
  }
  throw new Error("TCP_INFO never stayed the same");
}

async function connect(host: string, address: string): Promise<{ accepted: Socket; client: Socket }> {
  const server = await listen(createServer(), { host, port: 0 });
  const client = createConnection({ host: address, port: portOf(server) });
  onTestFinished(() => void client.destroy());
  const [[accepted]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [
    [Socket],
    unknown,
  ];
  return { accepted, client };
}

function infoBytes(socket: Socket): Uint8Array {
  find(idOf(socket));
  const length = new Uint32Array(binding.buffer)[80 / 4] as number;
  return new Uint8Array(binding.buffer, INFO_OFFSET, length).slice();
}

describe.skipIf(lacks("linux"))("a connection", () => {
  test.each([
    ["of IPv4", "127.0.0.1", "127.0.0.1"],
    ["of IPv6", "::1", "::1"],
    ["of IPv4, accepted by a server of both families", "::", "127.0.0.1"],
  ])("%s: every byte is that of getsockopt, at both ends", async (_, host, address) => {
    if (host.includes(":") && !hasIpv6) return;
    const { accepted, client } = await connect(host, address);
    accepted.write("x".repeat(1000));
    await once(client.resume(), "data");
    await until(() => getTcpInfo(accepted).platform === "linux" && unacked(accepted) === 0);
    for (const end of [accepted, client]) {
      const { diag, own } = readBoth(end);
      expect(Buffer.from(diag).toString("hex")).toBe(Buffer.from(own).toString("hex"));
      const row = find(idOf(end));
      expect(row).toMatchObject({
        state: "ESTABLISHED",
        cookie: cookieOf(end),
        local: { address: end.localAddress, port: end.localPort },
        remote: { address: end.remoteAddress, port: end.remotePort },
        unacknowledgedBytes: 0,
        uid: process.getuid?.(),
      });
      expect(row?.tcpInfo).toMatchObject({ platform: "linux", state: "ESTABLISHED", isMptcp: undefined });
    }
  });

  const unacked = (socket: Socket) => {
    const info = getTcpInfo(socket);
    return info.platform === "linux" ? info.unackedSegments : undefined;
  };

  test("may be asked for by IPv4 addresses, if its server is of both families", async () => {
    if (!hasIpv6) return;
    const { accepted } = await connect("::", "127.0.0.1");
    expect(accepted.remoteAddress).toBe("::ffff:127.0.0.1");
    const short = (address: string) => address.replace("::ffff:", "");
    const { local, remote, cookie } = idOf(accepted);
    const id = {
      local: { ...local, address: short(local.address) },
      remote: { ...remote, address: short(remote.address) },
      cookie,
    };
    expect(find(id)).toMatchObject(idOf(accepted));
  });

  test("is not found with another cookie, other addresses or ports", async () => {
    const { accepted } = await connectPair();
    const id = idOf(accepted);
    expect(find({ ...id, cookie: undefined })?.cookie).toBe(id.cookie);
    for (const wrong of [
      { cookie: (id.cookie as bigint) + 1n },
      { cookie: 2n ** 64n - 2n },
      { local: { ...id.local, port: 1 } },
      { remote: { ...id.remote, port: 1 } },
      { remote: { ...id.remote, address: "127.0.0.2" } },
      { local: id.remote, remote: id.local },
      { interfaceIndex: undefined, local: { ...id.local, address: "10.255.255.254" } },
    ])
      expect(find({ ...id, ...wrong })).toBeUndefined();
  });

  test("that waits has its queues and its timer", async () => {
    const { accepted, client } = await connectPair();
    client.pause();
    accepted.pause();
    client.write("unread");
    // More than both buffers hold, so that some of it stays.
    accepted.write(Buffer.alloc(16_000_000));
    await until(() => (find(idOf(accepted))?.unacknowledgedBytes ?? 0) > 0);
    await until(() => find(idOf(accepted))?.timer !== undefined);
    const row = find(idOf(accepted));
    expect(row?.unreadBytes).toBeLessThanOrEqual(6);
    expect(["RETRANSMIT", "ZERO_WINDOW_PROBE"]).toContain(row?.timer);
    expect(row?.timerExpiresMs).toBeGreaterThanOrEqual(0);
    expect(row?.timerFiredCount).toBeGreaterThanOrEqual(0);
  });

  test("after the client's reset: nothing, although its listener answers", async () => {
    const { accepted, client } = await connectPair();
    const id = idOf(accepted);
    client.resetAndDestroy();
    await until(() => find(id) === undefined);
    expect(find({ ...id, cookie: undefined })).toBeUndefined();
  });
});

describe.skipIf(lacks("linux"))("a connection whose descriptor is closed", () => {
  test("still has its TCP_INFO, while the client has not read everything", async () => {
    const { accepted, client } = await connectPair();
    client.pause();
    const id = idOf(accepted);
    // More than the client's kernel takes, and all of it is in the kernel before the close.
    let written = 0;
    while (accepted.write(Buffer.alloc(65_536)) || written < 1_000_000) written += 65_536;
    const before = getTcpInfo(accepted);
    accepted.destroy();
    await once(accepted, "close");
    const row = find(id);
    expect(row).toMatchObject({ state: "FIN_WAIT_1", cookie: id.cookie, uid: undefined, inode: undefined });
    expect(row?.tcpInfo?.bytesSent).toBeGreaterThanOrEqual(before.bytesSent ?? NaN);
    expect(row?.unacknowledgedBytes).toBeGreaterThan(0);
    client.destroy();
    await until(() => find(id)?.tcpInfo === undefined);
  });

  test("has no TCP_INFO in FIN_WAIT_2 and TIME_WAIT", async () => {
    const { accepted, client } = await connectPair();
    const id = idOf(accepted);
    client.resume();
    accepted.destroy();
    await once(client, "end");
    await until(() => find(id)?.state === "FIN_WAIT_2");
    expect(find(id)).toMatchObject({ cookie: id.cookie, tcpInfo: undefined, uid: undefined, inode: undefined });
    client.end();
    await until(() => find(id)?.state === "TIME_WAIT");
    expect(find(id)).toMatchObject({ cookie: id.cookie, tcpInfo: undefined, timer: "TIME_WAIT" });
    expect(find({ ...id, cookie: (id.cookie as bigint) + 1n })).toBeUndefined();
  });
});

describe.skipIf(lacks("linux"))("the cookie", () => {
  test("is the same each time, another for each socket, and never 0", async () => {
    const { accepted, client } = await connectPair();
    expect(cookieOf(accepted)).toBe(cookieOf(accepted));
    expect(cookieOf(accepted)).not.toBe(cookieOf(client));
    expect(cookieOf(accepted)).toBeGreaterThan(0n);
  });

  test("comes with TCP_INFO in one call", async () => {
    const { accepted } = await connectPair();
    const length = binding.tcpInfoAndCookie(getFd(accepted));
    expect(length).toBe(getTcpInfoBytes(accepted).length);
    expect(binding.tcpInfoAndCookie(getFd(accepted))).toBe(length);
    const together = core.cookieBesideTcpInfo(binding);
    expect(together).toBe(cookieOf(accepted));
  });

  test("of a file: ENOTSOCK", () => {
    const fd = openSync("/dev/null", "r");
    onTestFinished(() => closeSync(fd));
    expect(core.readCookie(binding, fd)).toMatchObject({ code: "ENOTSOCK" });
    expect(binding.tcpInfoAndCookie(fd)).toBe(-constants.errno.ENOTSOCK);
    expect(core.cookieBesideTcpInfo(binding)).toBeUndefined();
  });
});

describe("a wrong argument", () => {
  const local = { address: "127.0.0.1", port: 80 };
  const remote = { address: "127.0.0.1", port: 81 };

  test.each([
    [{ local: { ...local, address: "localhost" }, remote, cookie: undefined }, /"id.local.address"/],
    [{ local: { ...local, address: undefined }, remote, cookie: undefined }, /"id.local.address"/],
    [{ local: { address: "fe80::1%nowhere", port: 80 }, remote, cookie: undefined }, /"id.local.address"/],
    [{ local, remote: { ...remote, port: 65_536 }, cookie: undefined }, /"id.remote.port"/],
    [{ local, remote: { ...remote, port: 0.5 }, cookie: undefined }, /"id.remote.port"/],
    [{ local, remote: { address: "::1", port: 81 }, cookie: undefined }, /"id.local"/],
    [{ local, remote, cookie: 0n }, /"id.cookie"/],
    [{ local, remote, cookie: -1n }, /"id.cookie"/],
    [{ local, remote, cookie: 1n << 64n }, /"id.cookie"/],
    [{ local, remote, cookie: 5 }, /"id.cookie"/],
  ])("%o", (id, message) => {
    const failure = core.findTcpSocket(id as never);
    expect(failure).toBeInstanceOf(core.Failure);
    expect(failure).toMatchObject({
      code: "ERR_SOCKINFO_INVALID_ARGUMENT",
      message: expect.stringMatching(message) as string,
    });
  });
});

test("a question about no socket: undefined on Linux, a typed failure on other systems", () => {
  const [local, remote] = [
    { address: "127.0.0.1", port: 1 },
    { address: "127.0.0.1", port: 2 },
  ];
  const answer = core.findTcpSocket({ local, remote, cookie: undefined });
  if (process.platform === "linux") expect(answer).toBeUndefined();
  else expect(answer).toMatchObject({ code: "ERR_SOCKINFO_UNSUPPORTED_PLATFORM" });
});
