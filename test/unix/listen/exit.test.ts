// When the process ends in any way, the files of its servers are removed, and no others.
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "node:net";
import { listenUnix } from "sockinfo/unix";
import { expect, test } from "vitest";
import { runNode } from "../../helpers/child";
import { root } from "../../helpers/docs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { besides, stateOf } from "../helpers/files";

const unixEntry = join(root, "dist", "unix", "index.js");

/** A process that listens on the paths and then runs `what`. It prints how many of the files were there. */
const endWith = (what: string, ...paths: string[]) =>
  runNode(
    `const paths = ${JSON.stringify(paths)};
     const servers = paths.map(() => require("net").createServer());
     const end = () => {
       console.log(paths.filter((path) => require("fs").lstatSync(path).isSocket()).length);
       ${what};
     };
     Promise.all(servers.map((server, index) => sockinfo.listenUnix(server, paths[index]))).then(() => setImmediate(end))`,
    [],
    unixEntry,
  );

test.each([
  ["process.exit()", 0],
  ["process.exit(3)", 3],
  ['throw new Error("on purpose")', 1],
  ['Promise.reject(new Error("on purpose"))', 1],
  ["for (const server of servers) server.unref()", 0],
  ['process.once("SIGTERM", () => process.exit(4)).kill(process.pid, "SIGTERM")', 4],
])("%s", (what, status) => {
  const paths = [socketPath(), socketPath()];
  expect(endWith(what, ...paths)).toMatchObject({ status, signal: null, stdout: "2" });
  expect(paths.map(besides)).toEqual([[], []]);
});

test("the file of a server that was closed before is not removed again", () => {
  const [first, second] = [socketPath(), socketPath()];
  const what = `servers[0].close(); require("fs").writeFileSync(paths[0], "precious"); process.exit()`;
  expect(endWith(what, first, second)).toMatchObject({ status: 0, stdout: "2" });
  expect(readFileSync(first, "utf8")).toBe("precious");
  expect(besides(second)).toEqual([]);
});

test("another server's socket that was moved to the path stays", async () => {
  const [path, other] = [socketPath(), socketPath()];
  const server = await listenUnix(
    createServer((socket) => socket.end("hello")),
    other,
  );
  const before = { ...stateOf(other), ctimeNs: expect.any(BigInt) };
  const what = `require("fs").renameSync(${JSON.stringify(other)}, paths[0]); process.exit()`;
  expect(endWith(what, path)).toMatchObject({ status: 0, stdout: "1" });
  expect(stateOf(path)).toEqual(before);
  // Its server still answers.
  expect(await ask(path)).toBe("hello");
  renameSync(path, other);
  server.close();
  expect(besides(other)).toEqual([]);
});

test.each([
  ["ends by process.exit()", "process.exit()"],
  ["ends by an exception", 'throw new Error("on purpose")'],
])("a worker thread that %s removes its own files, and no others", (_, end) => {
  const [ours, its] = [socketPath(), socketPath()];
  const script = `
    const net = require("net");
    const { Worker, isMainThread } = require("worker_threads");
    const work = \`
      const { listenUnix } = require(${JSON.stringify(unixEntry)});
      listenUnix(require("net").createServer(), ${JSON.stringify(its)}).then(() => setImmediate(() => { ${end} }));
    \`;
    sockinfo.listenUnix(net.createServer(), ${JSON.stringify(ours)}).then(() => {
      const worker = new Worker(work, { eval: true });
      worker.on("error", () => {});
      worker.once("exit", () => {
        console.log([${JSON.stringify(ours)}, ${JSON.stringify(its)}].map((path) => require("fs").existsSync(path)).join());
        process.exit();
      });
    });`;
  expect(runNode(script, [], unixEntry)).toMatchObject({ status: 0, stdout: "true,false", stderr: "" });
  expect([besides(ours), besides(its)]).toEqual([[], []]);
});

test.each([
  ["is terminated", "worker.terminate().then(() => process.exit())"],
  ["runs when the main thread exits", "process.exit()"],
])("a worker thread that %s leaves its file, and the next start replaces it", async (_, end) => {
  const path = socketPath();
  const script = `
    const { Worker } = require("worker_threads");
    const work = \`
      const { listenUnix } = require(${JSON.stringify(unixEntry)});
      const { parentPort } = require("worker_threads");
      listenUnix(require("net").createServer(), ${JSON.stringify(path)}).then(() => parentPort.postMessage("listens"));
    \`;
    const worker = new Worker(work, { eval: true });
    worker.once("message", () => ${end});`;
  expect(runNode(script, [], unixEntry)).toMatchObject({ status: 0, stderr: "" });
  expect(besides(path)).toEqual(["socket"]);
  const server = await listenUnix(createServer(), path);
  server.close();
  expect(besides(path)).toEqual([]);
});

test("any number of servers add one listener of 'exit', which is removed with the last", async () => {
  const before = process.listenerCount("exit");
  const servers = await Promise.all(Array.from({ length: 20 }, () => listenUnix(createServer(), socketPath())));
  expect(process.listenerCount("exit")).toBe(before + 1);
  for (const server of servers) server.close();
  expect(process.listenerCount("exit")).toBe(before);
});
