// A service that uses its inherited socket in every wrong way, and then in the right one. Prints the outcome of each
// as code and message, or null if it worked.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { fstatSync } from "node:fs";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { listenUnix, getUnixListener } from "sockinfo/unix";

const listener = getUnixListener();
if (!listener) throw new Error("there is none");

/** @param {Promise<unknown>} attempt */
const outcomeOf = (attempt) =>
  attempt.then(
    () => null,
    ({ code, message }) => ({ code, message }),
  );

const { ino } = fstatSync(listener.fd);

const question = `const { getUnixListener, getUnixListeners } = require("sockinfo/unix");
const answer = JSON.stringify([getUnixListener() ?? null, getUnixListener("unknown") ?? null, getUnixListeners()]);`;
const unix = import.meta.resolve("sockinfo/unix").replace("file://", "");
const script = question.replace("sockinfo/unix", unix);

const worker = new Worker(`${script} require("node:worker_threads").parentPort.postMessage(answer)`, { eval: true });
const run = promisify(execFile);
const [[inWorker], child, opened] = await Promise.all([
  once(worker, "message"),
  run(process.execPath, ["-e", `${script} console.log(answer)`]),
  // The descriptors of a child.
  run("ls", ["-l", "/proc/self/fd"]),
]);
const server = createServer();

console.log(
  JSON.stringify({
    inWorker: JSON.parse(inWorker),
    inChild: JSON.parse(child.stdout),
    inheritedByChild: opened.stdout.includes(`socket:[${ino}]`),
    copy: await outcomeOf(listenUnix(server, { ...listener })),
    mode: await outcomeOf(listenUnix(server, listener, { mode: 0o600 })),
    owner: await outcomeOf(listenUnix(server, listener, { owner: 0 })),
    group: await outcomeOf(listenUnix(server, listener, { group: "root" })),
    first: await outcomeOf(listenUnix(server, listener, { backlog: 7 })),
    again: await outcomeOf(listenUnix(createServer(), listener)),
    afterClosing: await outcomeOf(listenUnix(createServer(), (server.close(), listener))),
  }),
);
process.exit();
