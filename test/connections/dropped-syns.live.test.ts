// droppedSyns of a listener whose queue clients of another thread overflow, against the counter of the network namespace.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { getSocketMemory } from "sockinfo";
import { getListenerInfo } from "sockinfo/connections";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { listen, portOf } from "../helpers/servers";

/** TcpExtListenDrops of nstat(8). */
function listenDrops(): number {
  const lines = readFileSync("/proc/net/netstat", "utf8").split("\n");
  const [names = [], values = []] = lines.map((line) => line.split(" "));
  return Number(values[names.indexOf("ListenDrops")]);
}

describe.skipIf(lacks("linux"))("a full queue", () => {
  test("drops SYNs, which the listener counts", async () => {
    const server = await listen(createServer(), { host: "127.0.0.1", port: 0, backlog: 2 });
    const other = await listen(createServer());
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const before = listenDrops();
    expect(getListenerInfo(server).droppedSyns).toBe(0);

    // Three clients fit. The others are dropped, and again when they retry.
    const script = `
      const { connect } = require("node:net");
      const { workerData: port } = require("node:worker_threads");
      for (let client = 0; client < 8; client++) connect(port, "127.0.0.1").on("error", () => {});`;
    const worker = new Worker(script, { eval: true, workerData: portOf(server) });
    onTestFinished(() => void worker.terminate());
    // This thread accepts nothing meanwhile.
    const pause = new Int32Array(new SharedArrayBuffer(4));
    for (let wait = 0; wait < 1000 && (getListenerInfo(server).droppedSyns ?? NaN) < 5; wait++) {
      Atomics.wait(pause, 0, 0, 20);
    }
    const { droppedSyns = NaN, acceptQueueLength } = getListenerInfo(server);
    expect(acceptQueueLength).toBe(3);
    expect(droppedSyns).toBeGreaterThanOrEqual(5);
    expect(getSocketMemory(fd).droppedPackets).toBe(droppedSyns);
    // Other programs of this machine may have dropped some, too.
    expect(droppedSyns).toBeLessThanOrEqual(listenDrops() - before);
    expect(getListenerInfo(other).droppedSyns).toBe(0);
  });
});
