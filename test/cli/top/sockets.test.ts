// sockinfo top over the kernel's sockets, against ss(8), /proc and the programs at both ends.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import type { TopFrame, TopRow } from "../../../src/cli/top/frame";
import { lacks } from "../../helpers/needs";
import { PROGRAM, TmuxTerminal, topCommand } from "./tmux";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Connections {
  readonly port: number;
  readonly server: Server;
  readonly clients: readonly Socket[];
  readonly accepted: readonly Socket[];
}

async function makeConnections(count: number): Promise<Connections> {
  const accepted: Socket[] = [];
  // What clients send stays in the kernel.
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    accepted.push(socket.on("error", () => {}));
    if (accepted.length === count) server.emit("all");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const all = once(server, "all");
  const clients = Array.from({ length: count }, () => connect(port, "127.0.0.1").on("error", () => {}));
  closers.push(() => {
    for (const socket of [...clients, ...accepted]) socket.destroy();
    server.close();
  });
  await all;
  return { port, server, clients, accepted };
}

/** The frames that `sockinfo top --json` prints, one after the other. */
function startJson(...parameters: readonly string[]): { next(): Promise<TopFrame>; end(): void } {
  const child = spawn(process.execPath, [PROGRAM, "top", "--json", "--interval", "0.5", ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  closers.push(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    next: async () => JSON.parse((await lines.next()).value as string) as TopFrame,
    end: () => child.kill(),
  };
}

async function until(json: { next(): Promise<TopFrame> }, isThere: (frame: TopFrame) => boolean): Promise<TopFrame> {
  for (let looks = 0; looks < 60; looks++) {
    const frame = await json.next();
    if (isThere(frame)) return frame;
  }
  throw new Error("It did not come in 60 looks");
}

const isLacking = lacks("linux", "ss");

/** `ss -tine`, a connection a line. */
function readSs(...filter: readonly string[]): string[] {
  const output = execFileSync("ss", ["-tineOH", ...filter], { encoding: "utf8" });
  return output.split("\n").filter((line) => line !== "");
}

test.skipIf(isLacking)("has the connections, cookies, queues and numbers of ss", async () => {
  const { port, clients } = await makeConnections(5);
  clients[0]?.write(Buffer.alloc(30_000));
  clients[1]?.end();
  const json = startJson(`:${port}`);
  const frame = await until(
    json,
    ({ totals }) => totals.states["CLOSE_WAIT"] === 1 && totals.states["ESTABLISHED"] === 4,
  );
  const lines = readSs(`sport = :${port}`);
  const cookies = lines.map((line) => /sk:[0-9a-f]+/.exec(line)?.[0]);
  expect(new Set(frame.rows.map(({ id }) => id))).toEqual(new Set(cookies));
  expect(frame.rows).toHaveLength(lines.length);
  for (const row of frame.rows) {
    const line = lines.find((each) => `${each} `.includes(` ${row.id} `)) as string;
    const [state, unread, , local, remote] = line.split(/\s+/);
    expect([row.local, row.remote, row.unreadBytes]).toEqual([local, remote, Number(unread)]);
    expect(row.state).toBe(state === "ESTAB" ? "ESTABLISHED" : "CLOSE_WAIT");
    expect(row.minRttMs).toBe(Number(/minrtt:([\d.]+)/.exec(line)?.[1]));
    expect(row.rttMs).toBe(Number(/ rtt:([\d.]+)/.exec(line)?.[1]));
    const [cwnd, mss] = [/ cwnd:(\d+)/.exec(line)?.[1], / mss:(\d+)/.exec(line)?.[1]];
    expect(row.sndCwndBytes).toBe(Number(cwnd) * Number(mss));
    expect(row.retransmittedSegments).toBe(0);
  }
  expect(frame.rows.find(({ remote }) => remote.endsWith(`:${clients[0]?.localPort}`))?.unreadBytes).toBe(30_000);
  expect(frame.totals.connections).toBe(5);
  expect(frame.totals.acceptQueue).toMatchObject({ length: 0, limit: 511, droppedSyns: 0 });
});

test.skipIf(isLacking)("sockets in TIME_WAIT are in the line of states, as many as ss has", async () => {
  const { port, clients, accepted } = await makeConnections(3);
  for (const socket of [...clients, ...accepted]) socket.resume();
  // Who closes first waits.
  for (const socket of accepted.slice(1)) socket.end();
  const json = startJson(`:${port}`);
  const frame = await until(json, ({ totals }) => totals.states["TIME_WAIT"] === 2);
  const lines = execFileSync("ss", ["-tanOH", "state", "time-wait", `sport = :${port}`], { encoding: "utf8" });
  expect(lines.trimEnd().split("\n")).toHaveLength(2);
  expect(frame.totals).toMatchObject({ connections: 1, states: { ESTABLISHED: 1, LISTEN: 1, TIME_WAIT: 2 } });
  expect(frame.rows).toHaveLength(1);
});

test.skipIf(isLacking)("rates are what the programs wrote, and a verdict says what limits", async () => {
  const { port, clients, accepted } = await makeConnections(2);
  let written = 0;
  const timer = setInterval(() => {
    accepted[0]?.write(Buffer.alloc(10_000));
    written += 10_000;
  }, 20);
  closers.push(() => clearInterval(timer));
  clients[0]?.resume();
  // The other client never reads.
  clients[1]?.pause();
  accepted[1]?.write(Buffer.alloc(20_000_000));
  const json = startJson(`:${port}`);
  await json.next();
  const begin = [written, performance.now()] as const;
  const frames = [await json.next(), await json.next(), await json.next(), await json.next()];
  const perSecond = ((written - begin[0]) / (performance.now() - begin[1])) * 1000;
  const rowOf = (frame: TopFrame | undefined, client: number): TopRow | undefined =>
    frame?.rows.find(({ remote }) => remote === `127.0.0.1:${clients[client]?.localPort}`);
  const rates = frames.map((frame) => rowOf(frame, 0)?.sentBytesPerSecond ?? 0);
  const mean = rates.reduce((sum, rate) => sum + rate) / rates.length;
  // The two clocks and the four intervals are not the same.
  expect(mean).toBeGreaterThan(perSecond / 2);
  expect(mean).toBeLessThan(perSecond * 2);
  const stuck = await until(json, (frame) => rowOf(frame, 1)?.verdict === "slow-reader");
  expect(rowOf(stuck, 1)).toMatchObject({ sentBytesPerSecond: expect.any(Number), cause: "takes-nothing" });
  // What has trouble comes first.
  expect(stuck.rows[0]?.remote).toBe(`127.0.0.1:${clients[1]?.localPort}`);
});

/** Its port is below those that the kernel gives to clients, so that no other program gets it meanwhile. */
async function connectFromOwnPort(port: number): Promise<Socket> {
  const localPort = 20_000 + Math.floor(Math.random() * 10_000);
  const socket = connect({ port, host: "127.0.0.1", localPort });
  closers.push(() => socket.destroy());
  try {
    await once(socket, "connect");
    return socket;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return connectFromOwnPort(port);
    throw error;
  }
}

test.skipIf(isLacking)("counts connections as they open and close, and never confuses two", async () => {
  const { port } = await makeConnections(2);
  const client = await connectFromOwnPort(port);
  const json = startJson(`:${port}`, "--sort", "age");
  const first = await json.next();
  expect(first.totals).toMatchObject({ connections: 3 });
  expect(first.totals.opened).toBeUndefined();
  expect(first.rows.every(({ isAgeAtLeast }) => isAgeAtLeast)).toBe(true);
  // The same addresses and ports again: a new cookie.
  const localPort = client.localPort as number;
  const seen = new Map(first.rows.map(({ remote, id }) => [remote, id]));
  client.resetAndDestroy();
  await once(client, "close");
  const again = connect({ port, host: "127.0.0.1", localPort });
  closers.push(() => again.destroy());
  await once(again, "connect");
  const frame = await until(json, ({ totals }) => totals.opened === 1);
  expect(frame.totals).toMatchObject({ connections: 3, opened: 1, closed: 1 });
  const row = frame.rows.find(({ remote }) => remote === `127.0.0.1:${localPort}`);
  expect(row).toMatchObject({ isAgeAtLeast: false, newlyRetransmittedSegments: 0 });
  expect(row?.id).not.toBe(seen.get(`127.0.0.1:${localPort}`));
  expect(row?.verdict).toBeUndefined();
  expect(frame.rows.at(-1)?.remote).toBe(row?.remote);
});

test.skipIf(isLacking)("a process id shows the sockets of that process only", async () => {
  const { port } = await makeConnections(2);
  const child = spawn(
    process.execPath,
    ["-e", `require("net").connect(${port}, "127.0.0.1").on("connect", () => console.log("up"))`],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  closers.push(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const { rows, totals } = await startJson(String(child.pid)).next();
  expect(rows.map(({ remote, pid }) => [remote, pid])).toEqual([[`127.0.0.1:${port}`, child.pid]]);
  expect(totals.connections).toBe(1);
  const own = await startJson(String(process.pid), "--filter", `:${port}`).next();
  expect(own.rows).toHaveLength(5);
});

test.skipIf(isLacking)("a connection that a process accepts late is as old as it is", async () => {
  // It accepts nothing until a byte comes.
  const script = `require("net").createServer((socket) => socket.pause()).listen(0, "127.0.0.1", function () {
    console.log(this.address().port);
    require("fs").readSync(0, Buffer.alloc(1));
  })`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  closers.push(() => child.kill("SIGKILL"));
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  const client = connect(Number(port), "127.0.0.1");
  closers.push(() => client.destroy());
  client.write(Buffer.alloc(50_000));
  await once(client, "connect");
  const json = startJson(String(child.pid));
  expect((await json.next()).rows).toEqual([]);
  await json.next();
  child.stdin.write("x");
  const { rows } = await until(json, ({ rows: seen }) => seen.length === 1);
  expect(rows[0]).toMatchObject({ isAgeAtLeast: true, receivedBytesPerSecond: 0 });
  expect(rows[0]?.ageMs).toBeGreaterThan(400);
});

test.skipIf(isLacking || lacks("root", "setpriv"))(
  "without privilege: all sockets, but not those of another user's process",
  () => {
    const asNobody = (...parameters: readonly string[]) =>
      spawnSync(
        "setpriv",
        ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, PROGRAM, "top", ...parameters],
        {
          encoding: "utf8",
          timeout: 120_000,
        },
      );
    const all = asNobody();
    expect([all.status, all.stderr]).toEqual([0, ""]);
    expect(all.stdout.split("\n")[2]).toContain("REMOTE");
    const refused = asNobody(String(process.pid));
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toBe(
      `sockinfo: Process ${process.pid} belongs to another user: only that user and root see its sockets\n`,
    );
    const free = spawnSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }).stdout.trim();
    if (Number(free) <= 65_535)
      expect(asNobody(free).stderr).toBe(`sockinfo: There is no process ${free}. Did you mean ":${free}"?\n`);
    expect(asNobody("4194304")).toMatchObject({ status: 1, stderr: "sockinfo: There is no process 4194304\n" });
  },
  300_000,
);

test.skipIf(isLacking || lacks("root", "unshare"))(
  "a process in another network namespace is refused with what to do",
  async () => {
    const child = spawn("unshare", ["--net", "sleep", "60"], { stdio: "ignore" });
    closers.push(() => child.kill("SIGKILL"));
    for (;;) {
      const { stderr, status } = spawnSync(process.execPath, [PROGRAM, "top", String(child.pid)], { encoding: "utf8" });
      if (status === 0) continue; // It has not left yet.
      expect(stderr).toContain(`another network namespace. As root: nsenter --net -t ${child.pid} sockinfo top`);
      return;
    }
  },
);

test.skipIf(isLacking)("in a pipe: one table of all, and the reader may end", async () => {
  const { port, clients } = await makeConnections(40);
  const command = topCommand(`:${port}`, "--sort", "remote");
  const whole = spawnSync("sh", ["-c", `${command} | cat`], { encoding: "utf8" });
  expect(whole.stderr).toBe("");
  const lines = whole.stdout.trimEnd().split("\n");
  expect(lines[0]).toBe(`sockinfo top :${port}`);
  expect(whole.stdout).not.toContain("\u001B");
  const remotes = lines.slice(3).map((line) => line.split(" ")[0]);
  expect(remotes).toEqual(
    clients
      .map(({ localPort }) => localPort as number)
      .toSorted((a, b) => a - b)
      .map((each) => `127.0.0.1:${each}`),
  );
  const headed = spawnSync("bash", ["-c", `${command} | head -n 1; echo "\${PIPESTATUS[0]}"`], { encoding: "utf8" });
  expect(headed).toMatchObject({ stdout: `sockinfo top :${port}\n0\n`, stderr: "" });
});

test.skipIf(isLacking || lacks("tmux"))("the live screen shows them, and counts with the kernel", async () => {
  const { port, clients } = await makeConnections(3);
  const terminal = new TmuxTerminal({ columns: 120, rows: 30 });
  closers.push(() => terminal.close());
  terminal.run(topCommand(`:${port}`));
  const screen = await terminal.untilText("connections 3 +0 -0");
  for (const { localPort } of clients) expect(screen).toContain(`127.0.0.1:${localPort} `);
  expect(screen).toContain("accept queue 0/511 dropped 0");
  expect(screen).toContain("ESTABLISHED 3, LISTEN 1");
  clients[0]?.resetAndDestroy();
  await terminal.until((text) => text.includes("connections 2 "));
});
