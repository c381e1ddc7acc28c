// Connections whose end is long in coming: the clock is moved on, and the kernel still has them. MPTCP, whose end never
// comes.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as netConnect, createServer as createNetServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { LinuxTcpInfo } from "sockinfo";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connect } from "../../helpers/http-clients";
import { lacks } from "../../helpers/needs";
import { listen, portOf, until } from "../../helpers/servers";
import { follow, startClient } from "./helpers";

const SIX_MINUTES_MS = 360_000;

afterEach(() => void vi.restoreAllMocks());

/** From now on the monotonic clock is ahead. The tracker looks at it each second. */
function moveClock(ms: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + ms);
}

describe.skipIf(lacks("linux", "python"))("after six minutes", () => {
  test("a client that has not read: the kernel is still sending", async () => {
    const server = await listen(
      createServer((_, res) => void res.writeHead(200, { Connection: "close" }).end(Buffer.alloc(1_000_000))),
    );
    const { tracker, ended, nextEnd } = follow(server);
    const closed = once(tracker, "closed");
    const client = await startClient(server, "stay");
    await closed;
    client.proceed();
    const { received } = await client.report;
    expect(ended).toEqual([]);
    moveClock(SIX_MINUTES_MS);
    const { outcome } = await nextEnd();
    expect(outcome).toMatchObject({ end: "still-sending", lostBytes: undefined, possiblyLostBytes: undefined });
    const { state, bytesAcked, notSentBytes } = outcome.tcpInfo as LinuxTcpInfo;
    expect(state).toBe("FIN_WAIT_1");
    expect(bytesAcked).toBe(received);
    expect(notSentBytes).toBeGreaterThan(0);
    expect(outcome.durationMs).toBeGreaterThan(SIX_MINUTES_MS);
  });
});

/** A connection that a child process has, too. The server has closed its descriptor. */
async function share(): Promise<ReturnType<typeof follow> & { child: ReturnType<typeof spawn> }> {
  const server: Server = await listen(createServer());
  const followed = follow(server);
  const accepted = once(server, "connection") as Promise<[Socket]>;
  await connect(server, "http");
  const [socket] = await accepted;
  const child = spawn("sleep", ["100"], { stdio: ["ignore", socket, "ignore"] });
  onTestFinished(() => void child.kill());
  await once(child, "spawn");
  const closed = once(followed.tracker, "closed");
  socket.destroy();
  await closed;
  return { ...followed, child };
}

describe.skipIf(lacks("linux"))("a connection that another process has, too", () => {
  test("ends when that process closes it", async () => {
    const { ended, nextEnd, child } = await share();
    expect(ended).toEqual([]);
    child.kill();
    const { outcome } = await nextEnd();
    expect(outcome).toMatchObject({ end: "delivered", lostBytes: 0 });
  });

  test("is still open after six minutes", async () => {
    const { nextEnd } = await share();
    moveClock(SIX_MINUTES_MS);
    const { outcome } = await nextEnd();
    expect(outcome).toMatchObject({ end: "unknown", unknownReason: "still-open", tcpInfo: { state: "ESTABLISHED" } });
  });
});

/** Takes a connection, and sends it back when it is told to. */
const BORROWER = `
  let taken;
  process.on("message", (_, socket) => (socket ? (taken = socket) : process.send("back", taken)));
  process.on("disconnect", () => process.exit());`;

describe.skipIf(lacks("linux"))("a connection that another process sends back after its close here", () => {
  test("gets an outcome for each close", async () => {
    const server: Server = await listen(createNetServer({ pauseOnConnect: true }));
    const { tracker, ended, nextEnd } = follow(server);
    const child = spawn(process.execPath, ["-e", BORROWER], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    onTestFinished(() => void child.kill());
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const client = netConnect(portOf(server), "127.0.0.1").resume();
    const [socket] = await accepted;
    const firstClose = once(tracker, "closed");
    child.send("take", socket, { keepOpen: true }, () => socket.destroy());
    const [first] = (await firstClose) as [unknown];
    expect(ended).toEqual([]);
    const sentBack = once(child, "message") as Promise<[unknown, Socket]>;
    child.send("back");
    const [, again] = await sentBack;
    server.emit("connection", again);
    again.destroy();
    const [one, other] = [await nextEnd(), await nextEnd()];
    expect(one.connection).toBe(first);
    expect(one.outcome).toMatchObject({ end: "unknown", unknownReason: "still-open" });
    expect(other.connection).not.toBe(first);
    expect(other.outcome).toMatchObject({ end: "delivered", lostBytes: 0 });
    await until(() => client.destroyed);
    expect(ended).toHaveLength(2);
  });
});

describe.skipIf(lacks("linux", "python", "mptcp"))("MPTCP", () => {
  const MPTCP = 262;
  const TCP = 6;

  test.each([
    [
      "never comes, and that is known at once",
      MPTCP,
      { end: "unknown", unknownReason: "mptcp", isMptcp: true, isFinal: true },
    ],
    // The server destroys the connection in the middle of its response.
    ["comes for a client that speaks TCP", TCP, { end: "truncated", isMptcp: false }],
  ])("%s", (_, connecting, expected) => {
    const here = (name: string) => join(import.meta.dirname, name);
    const program = [process.execPath, here("mptcp-server.mjs"), "stay"];
    const parameters = [here("../mptcp.py"), String(MPTCP), String(connecting), "stay", ...program];
    const { stdout, stderr } = spawnSync("python3", parameters, { encoding: "utf8", timeout: 25_000 });
    expect(stderr).toBe("");
    const { server } = JSON.parse(stdout) as { server: { durationMs: number } };
    expect(server).toMatchObject(expected);
    expect(server.durationMs).toBeLessThan(10_000);
  });
});
