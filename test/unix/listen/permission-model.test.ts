// Node's permission model, which refuses some calls of node:fs: the server listens, or rejects with our error and
// leaves no file.
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { runNode } from "../../helpers/child";
import { root } from "../../helpers/docs";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { besides } from "../helpers/files";

const unixEntry = join(root, "dist", "unix", "index.js");
const [major = 0] = process.versions.node.split(".").map(Number);

const flagsFor = (...writable: string[]) => [
  major < 22 ? "--experimental-permission" : "--permission",
  ...(process.allowedNodeEnvironmentFlags.has("--allow-net") ? ["--allow-net"] : []),
  "--allow-addons",
  "--allow-fs-read=*",
  ...writable.map((folder) => `--allow-fs-write=${folder}`),
];

/**
 * The outcomes of three attempts, and how many sockets more than before are open. Only sockets are counted, because
 * Node itself closes files meanwhile.
 */
function listenUnder(flags: string[], path: string): unknown {
  const script = `
    const { readdirSync, statSync } = require("fs");
    const isSocket = (fd) => { try { return statSync("/proc/self/fd/" + fd).isSocket(); } catch { return false; } };
    const countSockets = () => readdirSync("/proc/self/fd").filter(isSocket).length;
    process.umask(0o022);
    const server = require("net").createServer();
    (async () => {
      const before = countSockets();
      const codes = [];
      for (let round = 0; round < 3; round++) {
        await sockinfo.listenUnix(server, ${JSON.stringify(path)}, { mode: 0o660 }).then(
          () => new Promise((done) => server.close(() => done(codes.push("listened")))),
          (error) => codes.push(error.name + " " + error.code),
        );
      }
      console.log(JSON.stringify({ codes, open: countSockets() - before }));
    })();`;
  const { stdout, stderr } = runNode(script, flags, unixEntry);
  return stdout === "" ? stderr : JSON.parse(stdout);
}

const threeTimes = (code: string) => ({ codes: [code, code, code], open: 0 });
const DENIED = "SocketInfoError ERR_SOCKINFO_SYSTEM_CALL_DENIED";

test.skipIf(lacks("linux"))("with the right to write every file, the server listens", () => {
  const path = socketPath();
  expect(listenUnder(flagsFor("*"), path)).toEqual(threeTimes("listened"));
  expect(besides(path)).toEqual([]);
});

test.skipIf(lacks("linux"))(
  "with the right to write the folder, and a mode that needs chmod(), the call rejects and the file is removed",
  () => {
    const path = socketPath();
    expect(listenUnder(flagsFor(join(dirname(path), "*")), path)).toEqual(threeTimes(DENIED));
    expect(besides(path)).toEqual([]);
  },
);

test.skipIf(lacks("linux"))("without the right to write, the call rejects and no file is made", () => {
  const path = socketPath();
  expect(listenUnder(flagsFor("/nowhere"), path)).toEqual(threeTimes(DENIED));
  expect(besides(path)).toEqual([]);
});
