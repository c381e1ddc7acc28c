// getListenerInfo of a descriptor number, which another thread uses while the server's thread is blocked. Against ss.
import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { getFd } from "sockinfo";
import { getListenerInfo, tryGetListenerInfo } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { entry } from "../helpers/child";
import { lacks } from "../helpers/needs";
import { connectPair, listen, portOf, socketPath } from "../helpers/servers";
import { readSsListener } from "../helpers/ss";
import { connectUnaccepted } from "./helpers/accept-queue";

const onLoopback = { host: "127.0.0.1", port: 0, backlog: 8 };
const refusal = (code: string) => expect.objectContaining({ code, name: "SocketInfoError" });

describe.skipIf(lacks("linux"))("the number of a listening descriptor", () => {
  test.skipIf(lacks("ss"))("has the same result as the server: 9 of 8, which is full", async () => {
    const server = await listen(createServer(), onLoopback);
    const fd = getFd(server);
    const empty = { acceptQueueLength: 0, acceptQueueLimit: 8, acceptQueueFullRatio: 0, droppedSyns: 0 };
    expect(getListenerInfo(fd)).toEqual(empty);
    connectUnaccepted(9, server);
    const full = { acceptQueueLength: 9, acceptQueueLimit: 8, acceptQueueFullRatio: 1, droppedSyns: 0 };
    expect(getListenerInfo(fd)).toEqual(full);
    expect(tryGetListenerInfo(fd)).toEqual(full);
    expect(getListenerInfo(server)).toEqual(full);
    expect(readSsListener(portOf(server))).toEqual({ recvQ: 9, sendQ: 8 });
  });

  test("can be read in a worker thread while the main thread accepts nothing", async () => {
    const server = await listen(createServer(), onLoopback);
    const seen = new Int32Array(new SharedArrayBuffer(8));
    const script = `
      const { workerData } = require("node:worker_threads");
      const { getListenerInfo } = require(${JSON.stringify(join(entry, "..", "connections", "index.js"))});
      const timer = setInterval(() => {
        const { acceptQueueLength } = getListenerInfo(workerData.fd);
        Atomics.store(workerData.seen, 0, acceptQueueLength);
        Atomics.notify(workerData.seen, 0);
      }, 5);`;
    const worker = new Worker(script, { eval: true, workerData: { fd: getFd(server), seen } });
    onTestFinished(() => void worker.terminate());
    connectUnaccepted(3, server);
    // Blocks this thread until the worker has seen them.
    while (Atomics.load(seen, 0) < 3)
      expect(Atomics.wait(seen, 0, Atomics.load(seen, 0), 10_000)).not.toBe("timed-out");
    expect(Atomics.load(seen, 0)).toBe(3);
    expect(getListenerInfo(server).acceptQueueLength).toBe(3);
  });

  test.each([-1, 1.5, NaN, Infinity, 2 ** 31])("%d is refused", (number) => {
    for (const call of [getListenerInfo, tryGetListenerInfo])
      expect(() => call(number)).toThrow(refusal("ERR_SOCKINFO_INVALID_ARGUMENT"));
  });

  test("a number that is not open throws EBADF, also from the try form", () => {
    const fd = openSync("/dev/null", "r");
    closeSync(fd);
    for (const call of [getListenerInfo, tryGetListenerInfo]) expect(() => call(fd)).toThrow(refusal("EBADF"));
  });

  test("the numbers of a connection, a Unix listener and a file are refused", async () => {
    const { accepted } = await connectPair();
    expect(() => getListenerInfo(getFd(accepted))).toThrow(refusal("ERR_SOCKINFO_NOT_LISTENING"));
    const unix = await listen(createServer(), { path: socketPath() });
    expect(() => getListenerInfo(getFd(unix))).toThrow(refusal("ERR_SOCKINFO_NOT_TCP"));
    const file = openSync("/dev/null", "r");
    onTestFinished(() => closeSync(file));
    expect(() => getListenerInfo(file)).toThrow(refusal("ERR_SOCKINFO_NOT_TCP"));
    for (const fd of [getFd(accepted), getFd(unix), file]) expect(tryGetListenerInfo(fd)).toBeUndefined();
  });

  test("getFd refuses a server that does not listen", () => {
    expect(() => getFd(createServer())).toThrow(refusal("ERR_SOCKINFO_NOT_LISTENING"));
  });
});

describe.skipIf(lacks("linux", "strace"))("system calls", () => {
  test("one TCP_INFO per reading; one SO_PROTOCOL per connection, or per reading of a number", () => {
    const script = `
      const { getFd, getTcpInfo, getTcpInfoBatch } = require(${JSON.stringify(entry)});
      const server = require("node:net").createServer((accepted) => {
        for (let call = 0; call < 10; call++) getTcpInfo(accepted);
        getTcpInfoBatch([accepted, accepted]);
        for (let call = 0; call < 3; call++) getTcpInfo(getFd(accepted));
        process.exit();
      }).listen(0, "127.0.0.1", () => require("node:net").connect(server.address().port, "127.0.0.1"));`;
    const trace = ["-f", "-qq", "-e", "trace=getsockopt", "-e", "signal=none"];
    const { stderr } = spawnSync("strace", [...trace, process.execPath, "-e", script], { encoding: "utf8" });
    expect(stderr.match(/TCP_INFO/g)).toHaveLength(10 + 2 + 3);
    expect(stderr.match(/SO_PROTOCOL/g)).toHaveLength(1 + 3);
  });
});
