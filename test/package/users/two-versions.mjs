// Two versions of the package in one process, in the main thread and at the same time in a worker, as when two
// dependencies need different versions.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { isMainThread, Worker } from "node:worker_threads";
import { checks } from "./checks.cjs";

const versions = ["first", "second"].map((dependency) => {
  const require = createRequire(new URL(`./${dependency}/index.js`, import.meta.url));
  return {
    sockinfo: require("sockinfo"),
    connections: require("sockinfo/connections"),
    hijack: require("sockinfo/hijack"),
    unix: require("sockinfo/unix"),
    version: require("sockinfo/package.json").version,
  };
});
const [first, second] = versions.map(({ sockinfo }) => sockinfo);
assert.notEqual(versions[0]?.version, versions[1]?.version);
assert.notEqual(first.SocketInfoError, second.SocketInfoError);
assert.throws(
  () => second.getTcpInfo(undefined),
  // `instanceof` holds for errors of the other copy.
  (error) => error instanceof second.SocketInfoError && error instanceof first.SocketInfoError,
);

const checkAll = () => Promise.all(versions.flatMap((version) => Object.values(checks).map((check) => check(version))));
await checkAll();
if (isMainThread) {
  const [[workerStatus]] = await Promise.all([once(new Worker(new URL(import.meta.url)), "exit"), checkAll()]);
  assert.equal(workerStatus, 0);
  await checkAll(); // The end of the worker must not have broken this thread.
}
console.log("both work");
