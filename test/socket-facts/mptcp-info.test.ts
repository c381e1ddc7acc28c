// getMptcpInfo of real MPTCP connections with several subflows, against ss and against the bytes that the programs sent.
import { execFileSync } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { entry } from "../helpers/child";
import { lacks } from "../helpers/needs";
import { type Look, MPTCP, startMptcp, TCP } from "./helpers/mptcp";

const addressOf = ({ address, port }: { address: string; port: number }) => `${address}:${port}`;

/** The columns of ss for one end, and its words `name:value`. */
function readLine(line: string): { local: string; remote: string; words: Map<string, string> } {
  const [, , , local = "", remote = "", ...rest] = line.trim().split(/\s+/);
  const words = rest.map((word) => word.split(/:(.*)/s) as [string, string]);
  return { local, remote, words: new Map(words) };
}

const linesOf = (output: string) => output.trim().split("\n").map(readLine);

/** What ss lists for the server's address, and what getMptcpInfo has of it. */
function subflowsOf({ seen: { info }, tcp }: Look): { seen: unknown[]; truth: unknown[] } {
  const orNothing = (count: number | undefined) => (count === 0 ? undefined : String(count));
  const seen = (info.subflows ?? []).map(({ local, remote, tcpInfo }) => ({
    local: local && addressOf(local),
    remote: remote && addressOf(remote),
    segs_out: String(tcpInfo.segmentsSent),
    segs_in: String(tcpInfo.segmentsReceived),
    cwnd: String(tcpInfo.sndCwndSegments),
    bytes_sent: orNothing(tcpInfo.bytesSent),
    bytes_received: orNothing(tcpInfo.bytesReceived),
  }));
  const truth = linesOf(tcp)
    .filter(({ local }) => local === seen[0]?.local)
    .map(({ local, remote, words }) => ({
      local,
      remote,
      segs_out: words.get("segs_out"),
      segs_in: words.get("segs_in"),
      cwnd: words.get("cwnd"),
      bytes_sent: words.get("bytes_sent"),
      bytes_received: words.get("bytes_received"),
    }));
  const byRemote = (one: { remote: string | undefined }, other: { remote: string | undefined }) =>
    String(one.remote).localeCompare(String(other.remote));
  return { seen: seen.toSorted(byRemote), truth: truth.toSorted(byRemote) };
}

/** A look at which all is acknowledged and no segment came between the server's reading and that of ss. */
async function lookSteadily(tell: (command: string) => Promise<unknown>): Promise<Look> {
  for (let tries = 1; ; tries++) {
    const look = (await tell("look")) as Look;
    const { seen, truth } = subflowsOf(look);
    if (look.seen.info.sendQueueBytes === 0 && isDeepStrictEqual(seen, truth)) return look;
    if (tries === 50) expect(seen).toEqual(truth);
  }
}

describe.skipIf(lacks("root", "unshare", "ss", "python", "mptcp"))("an MPTCP connection", () => {
  // Eight more subflows are more than the first reading has space for.
  test.each([0, 2, 8])("with %i additional subflows", async (additional) => {
    const tell = startMptcp({ listening: MPTCP, connecting: MPTCP }, additional);
    await tell("settle");
    const early = (await tell("look")) as Look;
    expect(early.seen.queued).toMatchObject({ unreadBytes: 100 });
    expect(await tell("read 5000")).toBe(5000);
    const look = await lookSteadily(tell);
    const { info, byNumber, tcpInfo, tried, listening } = look.seen;

    expect(info.subflows).toHaveLength(additional + 1);
    const clocks = { sinceLastDataSentMs: 0, sinceLastDataReceivedMs: 0, sinceLastAckReceivedMs: 0, subflows: 0 };
    expect({ ...byNumber, ...clocks }).toEqual({ ...info, ...clocks });
    expect(tried).toBe("a result");
    expect(listening).toMatchObject({ code: "ERR_SOCKINFO_NOT_CONNECTED" });
    // getTcpInfo has the first of them.
    const { state, bytesSent, segmentsSent } = tcpInfo;
    expect(info.subflows?.[0]?.tcpInfo).toMatchObject({ isMptcp: true, state, bytesSent, segmentsSent });

    const truth = linesOf(look.mptcp).find(({ words }) => words.get("token") === info.token?.toString(16));
    expect(truth).toBeDefined();
    expect(Number(truth?.words.get("subflows") ?? 0)).toBe(info.additionalSubflows);
    expect(Number(truth?.words.get("subflows_max") ?? 0)).toBe(info.additionalSubflowsLimit);
    expect(truth?.words.has("remote_key")).toBe(true);
    expect(info).toMatchObject({
      additionalSubflows: additional,
      isRemoteKeyReceived: true,
      isChecksumEnabled: false,
      sendQueueBytes: 0,
    });
    if (info.bytesSent !== undefined) {
      expect(info).toMatchObject({ bytesSent: 5000, bytesReceived: 100, bytesAcked: 5000, retransmittedBytes: 0 });
    }
    if (info.totalSubflows !== undefined) expect(info.totalSubflows).toBe(additional + 1);
  });

  test("that the client has closed can still be read", async () => {
    const tell = startMptcp({ listening: MPTCP, connecting: MPTCP });
    await tell("settle");
    await tell("read 5000");
    await tell("close");
    const { seen } = (await tell("look")) as Look;
    expect(seen.tried).toBe("a result");
    // The end of the data counts as a byte. It may not have arrived yet.
    expect([100, 101]).toContain(seen.queued.unreadBytes);
  });

  test("to which a TCP client connects is TCP", async () => {
    const tell = startMptcp({ listening: MPTCP, connecting: TCP });
    const { seen } = (await tell("look")) as Look;
    expect(seen.info).toEqual({
      code: "ERR_SOCKINFO_NOT_MPTCP",
      message: "The connection does not use MPTCP: it is TCP",
    });
    expect(seen.tried).toBe("undefined");
    expect(seen.queued).toMatchObject({ unreadBytes: 100 });
  });

  test("of a client at a TCP listener is TCP at the listener's end", async () => {
    const tell = startMptcp({ listening: TCP, connecting: MPTCP });
    const { seen } = (await tell("look")) as Look;
    expect(seen.info).toMatchObject({ code: "ERR_SOCKINFO_NOT_MPTCP" });
    expect(seen.queued).toMatchObject({ unreadBytes: 100 });
  });

  test("that has fallen back has no queue that could be trusted", () => {
    // Linux counts the bytes of such a socket in two queues.
    const client = `
import os, socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", 0))
client = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
client.connect(listener.getsockname())
accepted, _ = listener.accept()
client.sendall(b"x" * 3000)
accepted.sendall(b"y" * 77)
for end in (client, accepted):
    os.set_inheritable(end.fileno(), True)
os.execvp(sys.argv[1], [*sys.argv[1:], str(client.fileno())])`;
    const look = `
const { getMptcpInfo, getQueuedBytes, tryGetMptcpInfo } = require(${JSON.stringify(entry)});
const fd = Number(process.argv[1]);
try { getMptcpInfo(fd) } catch ({ code, message }) {
  console.log(JSON.stringify([code, message, String(tryGetMptcpInfo(fd)), getQueuedBytes(fd)]));
}`;
    const parameters = ["-c", client, process.execPath, "-e", look];
    const output = execFileSync("python3", parameters, { encoding: "utf8", timeout: 25_000 });
    expect(JSON.parse(output)).toEqual([
      "ERR_SOCKINFO_NOT_MPTCP",
      "The connection does not use MPTCP: it has fallen back to TCP",
      "undefined",
      { unreadBytes: 77 },
    ]);
  });
});
