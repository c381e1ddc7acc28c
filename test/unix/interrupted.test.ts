// Signals, as of a profiler or a supervisor, interrupt system calls: the answers are the same.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { socketPath } from "../helpers/servers";

const require_ = createRequire(join(root, "package.json"));

/** Calls one function after the other, and prints the answers without numbers that differ between runs. */
const PROGRAM = `
  const sockinfo = require(${JSON.stringify(require_.resolve("sockinfo"))});
  const unix = require(${JSON.stringify(require_.resolve("sockinfo/unix"))});
  const net = require("net"), fs = require("fs"), path = process.argv[1];
  const codeOf = (call) => { try { return call(); } catch (error) { return error.code; } };
  const descriptors = () => fs.readdirSync("/proc/self/fd").length;
  (async () => {
    const answers = {};
    for (const round of [1, 2, 3]) {
      const server = net.createServer({ pauseOnConnect: true });
      unix.allowPeers(server, { uids: [process.geteuid()] });
      await unix.listenUnix(server, path, { mode: 0o600, group: process.getegid() });
      const accepting = new Promise((resolve) => server.once("connection", resolve));
      const client = net.connect(path), socket = await accepting;
      const { uid, gid, groups } = sockinfo.getPeerCredentials(socket);
      const { securityLabel } = sockinfo.getPeerIdentity(client);
      answers["credentials " + round] = { uid, gid, groups, securityLabel };
      answers["TCP_INFO " + round] = codeOf(() => sockinfo.getTcpInfo(socket));
      answers["listener " + round] = codeOf(() => sockinfo.getPeerCredentials(server._handle.fd));
      const before = descriptors(), process_ = codeOf(() => sockinfo.openPeerProcess(socket));
      answers["process " + round] = process_.isAlive ? [process_.isAlive(), process_.isAlive()] : process_;
      process_.close?.();
      answers["descriptors " + round] = descriptors() - before;
      answers["names " + round] = await unix.lookUpPeerNames({ uid: round, gid: round });
      answers["user " + round] = await unix.lookUpUserId(["root", "daemon", "bin"][round - 1]);
      answers["group " + round] = await unix.lookUpGroupId(["root", "daemon", "bin"][round - 1]);
      client.destroy(), socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
    console.log(JSON.stringify(answers));
  })();`;

test.skipIf(lacks("linux", "compiler"))("each interrupted system call is repeated, except close()", () => {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-interrupted-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const library = join(folder, "interrupted-calls.so");
  const source = join(import.meta.dirname, "interrupted-calls.cc");
  // Without -fno-builtin, the compiler would refuse other prototypes of C's functions.
  execFileSync("c++", ["-shared", "-fPIC", "-fno-builtin", "-o", library, source, "-ldl"]);
  const run = (environment: NodeJS.ProcessEnv) => {
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", PROGRAM, socketPath()], {
      env: { ...process.env, ...environment },
      encoding: "utf8",
    });
    return { stdout, stderr: stderr.trim().split("\n").toSorted() };
  };
  const plain = run({});
  expect(JSON.parse(plain.stdout)).toMatchObject({ "credentials 1": { uid: process.geteuid?.() }, "user 1": 0 });
  const interrupted = run({ LD_PRELOAD: library });
  expect(interrupted.stdout).toBe(plain.stdout);
  const sockets = ["bind", "flock", "getpeername", "getsockname", "getsockopt", "socket"];
  const names = ["getgrgid_r", "getgrnam_r", "getpwnam_r", "getpwuid_r"];
  const ofProcess = lacks("pidfd") ? [] : ["close", "poll"];
  expect(interrupted.stderr).toEqual(expect.arrayContaining([...sockets, ...names, ...ofProcess]));
});

/**
 * Calls isAlive() while 30,000 signals come, and prints the errors when JavaScript handles the first signal. The
 * number is limited, because a process may make no progress at all while others send signals faster than it handles
 * them.
 */
const BESIEGED = `
  const sockinfo = require(${JSON.stringify(require_.resolve("sockinfo"))});
  const net = require("net"), { spawn } = require("child_process");
  const server = net.createServer((socket) => {
    const peer = sockinfo.openPeerProcess(socket), errors = {};
    process.on("SIGUSR2", () => (console.log(JSON.stringify(errors)), process.exit()));
    const storm = "i=0; while [ $i -lt 30000 ]; do kill -USR2 $PPID; i=$((i + 1)); done";
    spawn("sh", ["-c", storm], { stdio: "ignore" });
    for (const end = Date.now() + 1000; Date.now() < end; ) {
      try { peer.isAlive(); } catch ({ code }) { errors[code] = (errors[code] ?? 0) + 1; }
    }
  });
  server.listen(process.argv[1], () => net.connect(process.argv[1]).on("error", () => {}));`;

test.skipIf(lacks("pidfd"))("isAlive() answers while many signals come", () => {
  const child = spawnSync(process.execPath, ["-e", BESIEGED, socketPath()], { encoding: "utf8", timeout: 20_000 });
  // The exit code is left out: a signal after process.exit() has removed the handler ends the process, too.
  expect({ stdout: child.stdout, stderr: child.stderr, error: child.error }).toEqual({
    stdout: "{}\n",
    stderr: "",
    error: undefined,
  });
});
