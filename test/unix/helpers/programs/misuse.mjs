// A service that uses the socket that it was given in every wrong way, and then in the right one. Prints what came of each, as code and
// message, or null.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
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

const question = `const { getUnixListener, getUnixListeners } = require("sockinfo/unix");
const answer = JSON.stringify([getUnixListener() ?? null, getUnixListener("unknown") ?? null, getUnixListeners()]);`;
const unix = import.meta.resolve("sockinfo/unix").replace("file://", "");
const script = question.replace("sockinfo/unix", unix);

const worker = new Worker(`${script} require("node:worker_threads").parentPort.postMessage(answer)`, { eval: true });
const [inWorker] = await once(worker, "message");
const child = spawnSync(process.execPath, ["-e", `${script} console.log(answer)`], { encoding: "utf8" });
// Whether it has got the descriptor of the socket.
const inherited = spawnSync("readlink", ["/proc/self/fd/3"], { encoding: "utf8" });
const server = createServer();

console.log(
  JSON.stringify({
    inWorker: JSON.parse(inWorker),
    inChild: JSON.parse(child.stdout),
    inheritedByChild: inherited.stdout.includes("socket:"),
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
