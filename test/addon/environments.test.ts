// Several environments in one process (worker threads), and their end or that of the process at any moment.
import { describe, expect, test } from "vitest";
import { entry, runNode } from "../helpers/child";

/** For the scripts below: `pair(path?, (accepted, client) => …)` connects the process to itself. */
const PAIR = `
  const net = require("net");
  function pair(path, use) {
    const server = net.createServer((accepted) => { server.close(); use(accepted, client); });
    let client;
    server.listen(path ?? 0, () => { client = net.connect(path ?? server.address().port); client.on("error", () => {}); });
  }`;

const clean = { status: 0, signal: null, stderr: "" };

describe("worker threads", () => {
  test("thirty-two at once each read their own connections, and end while they read", () => {
    const ending = runNode(`
      ${PAIR}
      const { Worker } = require("worker_threads");
      const source = "const sockinfo = require(" + ${JSON.stringify(JSON.stringify(entry))} + ");" + ${JSON.stringify(PAIR)} + \`
        pair(undefined, (accepted, client) => {
          client.write("x".repeat(require("worker_threads").threadId * 10));
          accepted.once("data", () => {
            const expected = require("worker_threads").threadId * 10;
            const { bytesReceived } = sockinfo.getTcpInfo(accepted);
            if (bytesReceived !== expected) throw new Error(bytesReceived + " instead of " + expected);
            require("worker_threads").parentPort.postMessage("read");
            (function again() { for (let i = 0; i < 1000; i++) sockinfo.getTcpInfo(accepted); setImmediate(again); })();
          });
        });\`;
      let ended = 0;
      for (let n = 0; n < 32; n++) {
        const worker = new Worker(source, { eval: true });
        worker.on("error", (error) => { console.error(error); process.exit(1); });
        worker.once("message", () => setTimeout(() => worker.terminate(), n % 7));
        worker.on("exit", () => { if (++ended === 32) console.log("all ended"); });
      }`);
    expect(ending).toMatchObject({ ...clean, stdout: "all ended" });
  });

  test("the end of a thread does not affect the others", () => {
    const ending = runNode(
      `
      ${PAIR}
      const { Worker } = require("worker_threads");
      pair(undefined, (accepted) => {
        const before = sockinfo.getTcpInfo(accepted);
        const worker = new Worker("require(" + ${JSON.stringify(JSON.stringify(entry))} + ").isSupported()", { eval: true });
        worker.on("exit", () => {
          global.gc();
          const after = sockinfo.getTcpInfo(accepted);
          console.log(before.sndMssBytes > 0 && after.sndMssBytes === before.sndMssBytes);
          process.exit();
        });
      });`,
      ["--expose-gc"],
    );
    expect(ending).toMatchObject({ ...clean, stdout: "true" });
  });
});

describe("the end of the process", () => {
  test.each([
    ["before the first call", "process.exit(0)"],
    ["after loading", "sockinfo.isSupported(); process.exit(0)"],
    ["in a handler", "pair(undefined, (a) => { sockinfo.getTcpInfo(a); process.exit(0); })"],
    [
      "with cached credentials",
      'pair("/tmp/sockinfo-exit-" + process.pid, (a) => { sockinfo.getPeerCredentials(a); process.exit(0); })',
    ],
    [
      "in an exit handler",
      "pair(undefined, (a) => { process.on('exit', () => sockinfo.tryGetTcpInfo(a)); process.exit(0); })",
    ],
    ["without process.exit()", "pair(undefined, (a, c) => { sockinfo.getTcpInfo(a); a.destroy(); c.destroy(); })"],
    [
      "after garbage collection",
      "pair(undefined, (a, c) => { sockinfo.getTcpInfo(a); a.destroy(); c.destroy(); global.gc(); setImmediate(global.gc); })",
    ],
    [
      "with the module loaded twice",
      `for (const key of Object.keys(require.cache)) delete require.cache[key]; require(${JSON.stringify(entry)}).isSupported(); sockinfo.isSupported(); process.exit(0)`,
    ],
  ])("%s", (_name, script) => {
    expect(runNode(PAIR + script, ["--expose-gc"])).toMatchObject({ ...clean, stdout: "" });
  });

  test("an uncaught error ends it with status 1, not with a signal", () => {
    const ending = runNode("sockinfo.getTcpInfo(undefined)");
    expect(ending).toMatchObject({ status: 1, signal: null });
    expect(ending.stderr).toContain("ERR_SOCKINFO_INVALID_ARGUMENT");
  });
});

describe("garbage collection", () => {
  test("cached credentials do not keep a connection in memory", () => {
    const ending = runNode(
      `
      ${PAIR}
      let reference;
      pair("/tmp/sockinfo-gc-" + process.pid, (accepted, client) => {
        sockinfo.getPeerCredentials(accepted);
        reference = new WeakRef(accepted._handle);
        accepted.destroy(); client.destroy();
        let rounds = 0;
        setImmediate(function again() {
          global.gc();
          if (reference.deref() === undefined) return console.log("collected");
          if (++rounds < 50) setTimeout(again, 2);
        });
      });`,
      ["--expose-gc"],
    );
    expect(ending).toMatchObject({ ...clean, stdout: "collected" });
  });

  test("the native buffer survives collections between two calls", () => {
    const ending = runNode(
      `
      ${PAIR}
      pair(undefined, (accepted) => {
        const first = JSON.stringify(sockinfo.getTcpInfo(accepted).options);
        for (let i = 0; i < 50; i++) { global.gc(); if (JSON.stringify(sockinfo.getTcpInfo(accepted).options) !== first) process.exit(1); }
        process.exit(0);
      });`,
      ["--expose-gc"],
    );
    expect(ending).toMatchObject(clean);
  });
});
