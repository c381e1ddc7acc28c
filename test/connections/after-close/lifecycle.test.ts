// The thread, its descriptors and its connections, from the first tracker with `afterClose` to the end of the last one.
// Each script is a process of its own. /proc has the threads, the descriptors and the netlink sockets.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entry } from "../../helpers/child";
import { lacks } from "../../helpers/needs";

const CONNECTIONS = JSON.stringify(join(entry, "..", "connections", "index.js"));

/** For all scripts, also in workers. `round(server)` makes one request and resolves when the client has all. */
const PRELUDE = `
  const { trackConnections } = require(${CONNECTIONS});
  const fs = require("node:fs"), http = require("node:http"), net = require("node:net");
  const { once } = require("node:events");
  const { setTimeout: wait } = require("node:timers/promises");
  const threads = () => fs.readdirSync("/proc/self/task");
  // The kernel lists a thread for a moment after it was joined.
  const countThreads = async () => {
    let count = threads().length;
    for (let same = 0; same < 10; same++) {
      await wait(10);
      const now = threads().length;
      if (now !== count) same = 0;
      count = now;
    }
    return count;
  };
  // The one of readdir() itself is not among them.
  const descriptors = () => fs.readdirSync("/proc/self/fd").filter((fd) => fs.existsSync("/proc/self/fd/" + fd));
  const inodes = () => descriptors().map((fd) => fs.readlinkSync("/proc/self/fd/" + fd)).join(" ");
  const NETLINK_SOCK_DIAG = "4";
  const netlinkSockets = () => {
    const own = inodes();
    const rows = fs.readFileSync("/proc/self/net/netlink", "utf8").trim().split("\\n").slice(1);
    const ours = rows.map((row) => row.trim().split(/\\s+/));
    return ours.filter((row) => row[1] === NETLINK_SOCK_DIAG && own.includes("socket:[" + row.at(-1) + "]")).length;
  };
  const listen = async (handler = (req, res) => res.writeHead(200, { Connection: "close" }).end("ok")) => {
    const server = http.createServer(handler).listen(0, "127.0.0.1");
    await once(server, "listening");
    return server;
  };
  const round = async (server) => {
    const client = net.connect(server.address().port, "127.0.0.1").resume();
    client.write("GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n");
    await once(client, "close");
  };
  const until = async (condition) => { while (!condition()) await wait(5); };
  // More than the kernel takes, for a client that does not read.
  const endless = (req, res) => res.writeHead(200, { Connection: "close" }).end(Buffer.alloc(300_000));
  const stuck = async (server) => {
    const client = net.connect({ port: server.address().port, host: "127.0.0.1" }).pause();
    client.write("GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n");
    client.unref();
    return client;
  };`;

function run(script: string, flags: string[] = [], environment: Record<string, string> = {}): unknown {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, "-e", `${PRELUDE}(async () => {${script}})();`],
    { encoding: "utf8", timeout: 55_000, env: { ...process.env, ...environment } },
  );
  expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: "" });
  return JSON.parse(stdout);
}

describe.skipIf(lacks("linux"))("the listener", () => {
  test("does not exist without the option", () => {
    const seen = run(`
      const server = await listen();
      const before = [threads().length, netlinkSockets()];
      const tracker = trackConnections(server);
      await round(server);
      console.log(JSON.stringify({ before, after: [threads().length, netlinkSockets()] }));
      server.close();`) as { before: unknown; after: unknown };
    expect(seen.after).toEqual(seen.before);
  });

  test("is shared by all trackers, and gone when the last one is closed", () => {
    const seen = run(`
      const servers = [await listen(), await listen()];
      await round(servers[0]);
      const before = [await countThreads(), descriptors().length];
      const ends = [];
      const trackers = servers.map((server) =>
        trackConnections(server, { afterClose: true }).on("destroyed", (c, { end }) => ends.push(end)));
      await round(servers[0]);
      await until(() => ends.length === 1);
      const open = { netlink: netlinkSockets(), threads: threads().length - before[0] };
      trackers[0].close();
      const half = netlinkSockets();
      await round(servers[1]);
      await until(() => ends.length === 2);
      trackers[1].close();
      const closed = netlinkSockets();
      // Node may open a thread or a descriptor of its own later.
      const after = [await countThreads(), descriptors().length];
      // It can begin again.
      const again = trackConnections(servers[0], { afterClose: true }).on("destroyed", (c, { end }) => ends.push(end));
      await round(servers[0]);
      await until(() => ends.length === 3);
      again.close();
      console.log(JSON.stringify({ open, half, closed, leftover: [after[0] - before[0], after[1] - before[1]], ends }));
      for (const server of servers) server.close();`);
    expect(seen).toEqual({
      open: { netlink: 1, threads: 1 },
      half: 1,
      closed: 0,
      leftover: [0, 0],
      ends: ["delivered", "delivered", "delivered"],
    });
  });

  test("takes no signals, and does not wake up for connections of other ports", () => {
    const seen = run(`
      const [own, other] = [await listen(), await listen()];
      await round(other);
      const before = new Set(threads());
      let ends = 0;
      const tracker = trackConnections(own, { afterClose: true }).on("destroyed", () => ends++);
      await round(own);
      await until(() => ends === 1);
      const [thread] = threads().filter((task) => !before.has(task));
      const status = (name) => fs.readFileSync("/proc/self/task/" + thread + "/status", "utf8")
        .split("\\n").find((line) => line.startsWith(name)).split("\\t")[1];
      const switches = () => Number(status("voluntary_ctxt_switches"));
      // After its announcement the thread falls asleep again, which is one switch more.
      let start = switches();
      for (let same = 0; same < 20; same++) {
        await wait(10);
        if (switches() !== start) same = 0;
        start = switches();
      }
      for (let i = 0; i < 200; i++) await round(other);
      const foreign = switches() - start;
      for (let i = 0; i < 20; i++) await round(own);
      await until(() => ends === 21);
      console.log(JSON.stringify({ foreign, ownWoke: switches() - start > 0, blocked: status("SigBlk") }));
      tracker.close();
      own.close();
      other.close();`) as Record<string, unknown>;
    expect(seen).toMatchObject({ foreign: 0, ownWoke: true });
    // All but KILL, STOP and the two that the C library keeps for itself.
    expect(seen["blocked"]).toMatch(/^[f]{7}e7ffbfeff$|^[f]+[0-9a-f]{2}fffbfeff$/);
  });

  test("announces nothing twice, and a listener that throws takes no outcome from others", () => {
    const seen = run(`
      const server = await listen();
      const seen = [];
      let uncaught = 0;
      process.on("uncaughtException", () => uncaught++);
      const tracker = trackConnections(server, { afterClose: true }).on("destroyed", ({ id }) => {
        seen.push(id);
        throw new Error("from a listener");
      });
      await Promise.all(Array.from({ length: 40 }, () => round(server)));
      await until(() => seen.length >= 40);
      await wait(100);
      console.log(JSON.stringify({ seen: seen.length, different: new Set(seen).size, uncaught }));
      tracker.close();
      server.close();`);
    expect(seen).toEqual({ seen: 40, different: 40, uncaught: 40 });
  });
});

describe.skipIf(lacks("linux"))("connections that still wait", () => {
  test.each(["tracker.close()", "tracker.detach(server)"])('get an outcome at %s, after "closed"', (call) => {
    const seen = run(`
      const server = await listen(endless);
      const events = [];
      const tracker = trackConnections(server, { afterClose: true });
      tracker.on("closed", () => events.push("closed"));
      tracker.on("destroyed", (c, { end, unknownReason, tcpInfo, lostBytes }) =>
        events.push([end, unknownReason, tcpInfo === c.finalTcpInfo, lostBytes ?? null]));
      const client = await stuck(server);
      await until(() => events.length === 1);
      ${call};
      const atOnce = events.length;
      await wait(50);
      client.destroy();
      await wait(100);
      console.log(JSON.stringify({ atOnce, events }));
      tracker.close();
      server.close();`);
    expect(seen).toEqual({ atOnce: 1, events: ["closed", ["unknown", "tracker-closed", true, null]] });
  });

  test("do not keep the process alive", () => {
    const start = performance.now();
    const seen = run(`
      const server = await listen(endless);
      const tracker = trackConnections(server, { afterClose: true });
      tracker.on("destroyed", () => console.log("unexpected"));
      await stuck(server);
      await once(tracker, "closed");
      console.log(JSON.stringify("closed"));
      server.close();`);
    expect(seen).toBe("closed");
    // The client would be given up after minutes, and the next question comes after thirty seconds.
    expect(performance.now() - start).toBeLessThan(25_000);
  });
});

describe.skipIf(lacks("linux"))("whenDestroyed()", () => {
  test("keeps the process alive until the last outcome, which a process otherwise loses", () => {
    const seen = run(`
      const server = await listen(endless);
      const tracker = trackConnections(server, { afterClose: true });
      const ends = [];
      tracker.on("destroyed", (c, { end }) => ends.push(end));
      const client = await stuck(server);
      await once(tracker, "closed");
      server.close();
      setTimeout(() => client.resume(), 300).unref();
      const left = await tracker.whenDestroyed({ timeoutMs: 20_000 });
      console.log(JSON.stringify({ left, ends, again: await tracker.whenDestroyed({ timeoutMs: 0 }) }));`);
    expect(seen).toEqual({ left: 0, ends: ["delivered"], again: 0 });
  });

  test("waits no longer than it may, and says how many are left", () => {
    const seen = run(`
      const server = await listen(endless);
      const tracker = trackConnections(server, { afterClose: true });
      const client = await stuck(server);
      await once(tracker, "closed");
      const left = await tracker.whenDestroyed({ timeoutMs: 100 });
      const waits = tracker.whenDestroyed({ timeoutMs: 20_000 });
      tracker.close();
      console.log(JSON.stringify({ left, afterClose: await waits }));
      client.destroy();
      server.close();`);
    expect(seen).toEqual({ left: 1, afterClose: 0 });
  });

  test("refuses a missing or impossible time", () => {
    const seen = run(`
      const server = await listen();
      const tracker = trackConnections(server);
      const codes = [];
      for (const options of [undefined, {}, { timeoutMs: -1 }, { timeoutMs: Infinity }, { timeoutMs: 1, more: 1 }])
        await tracker.whenDestroyed(options).catch(({ code }) => codes.push(code));
      console.log(JSON.stringify({ codes, without: await tracker.whenDestroyed({ timeoutMs: 1000 }) }));
      server.close();`);
    expect(seen).toEqual({ codes: Array(5).fill("ERR_SOCKINFO_INVALID_ARGUMENT"), without: 0 });
  });
});

describe("a listener of an event that never comes", () => {
  test.each([
    ["without the option: one warning", "{}", 1],
    ["with it: none", "{ afterClose: true }", 0],
  ])("%s", (_, options, count) => {
    const seen = run(`
      const warnings = [];
      process.removeAllListeners("warning").on("warning", ({ name, message }) => warnings.push([name, message]));
      const server = await listen();
      const tracker = trackConnections(server, ${options});
      tracker.on("closed", () => {});
      tracker.on("destroyed", () => {}).once("destroyed", () => {});
      await wait(10);
      console.log(JSON.stringify(warnings));
      tracker.close();
      server.close();`);
    expect(seen).toEqual(
      Array.from({ length: count }, () => [
        "SocketInfoWarning",
        expect.stringContaining('without the option "afterClose"'),
      ]),
    );
  });
});

describe.skipIf(lacks("linux"))("environments", () => {
  test.each(["return", "for (;;);", "process.exit()"])("thirty workers, each ended by: %s", (ending) => {
    const worker = `${PRELUDE}(async () => {
      const server = await listen();
      const tracker = trackConnections(server, { afterClose: true });
      const destroyed = once(tracker, "destroyed");
      await round(server);
      const [, { end }] = await destroyed;
      require("node:worker_threads").parentPort.postMessage(end);
      server.close();
      await new Promise(setImmediate);
      ${ending}
    })()`;
    const seen = run(`
      const { Worker } = require("node:worker_threads");
      const ends = {};
      const runWorker = async () => {
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
        worker.on("message", (end) => {
          ends[end] = (ends[end] ?? 0) + 1;
          if (${JSON.stringify(ending)} === "for (;;);") setTimeout(() => worker.terminate(), 20);
        });
        await once(worker, "exit");
      };
      const several = () => Promise.all(Array.from({ length: 5 }, runWorker));
      await several();
      const before = [await countThreads(), descriptors().length];
      for (let i = 1; i < 6; i++) await several();
      const left = [(await countThreads()) - before[0], descriptors().length - before[1]];
      console.log(JSON.stringify({ ends, left, netlink: netlinkSockets() }));`);
    expect(seen).toEqual({ ends: { delivered: 30 }, left: [0, 0], netlink: 0 });
  });

  test("workers of a cluster share a port, and each gets the ends of its own connections", () => {
    const script = join(import.meta.dirname, "cluster.mjs");
    const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: "utf8", timeout: 55_000 });
    expect(stderr).toBe("");
    const counts = { closed: 10, delivered: 10, others: 0 };
    expect(JSON.parse(stdout)).toEqual([counts, counts]);
  });
});
