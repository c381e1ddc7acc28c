// A sandbox that denies system calls, by real seccomp: errors have one code, the try forms return `undefined`, and
// getUnsupportedReason() says why.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entry } from "../helpers/child";
import { lacks } from "../helpers/needs";
import { compile, type Compiled, runDenied, TCP_INFO } from "./helpers";

const DENIED = "ERR_SOCKINFO_SYSTEM_CALL_DENIED";

describe.skipIf(lacks("linux", "compiler"))("if a sandbox denies", () => {
  let denyCalls: Compiled;
  beforeAll(() => void (denyCalls = compile("deny-calls")));
  afterAll(() => denyCalls.remove());

  const ASK = `
    const reason = sockinfo.getUnsupportedReason();
    const { code, errno, syscall } = reason ?? {};
    pair((accepted) => say({
      get: codeOf(() => sockinfo.getTcpInfo(accepted)),
      bytes: codeOf(() => sockinfo.getTcpInfoBytes(accepted)),
      try: sockinfo.tryGetTcpInfo(accepted),
      batch: sockinfo.getTcpInfoBatch([accepted]).getError(0)?.code,
      isSupported: sockinfo.isSupported(),
      reason: { code, errno, syscall },
    }));`;

  test.each([
    ["EPERM", -1],
    ["EACCES", -13],
    ["ENOSYS", -38],
  ])("TCP_INFO with %s", (error, errno) => {
    expect(runDenied(denyCalls, error, [TCP_INFO], ASK)).toEqual({
      get: DENIED,
      bytes: DENIED,
      try: "absent",
      batch: DENIED,
      isSupported: false,
      reason: { code: DENIED, errno, syscall: "getsockopt" },
    });
  });

  test.each([
    ["getsockopt, of every option", ["getsockopt"]],
    ["getsockopt and getsockname", ["getsockopt", "getsockname"]],
  ])("%s", (_, rules) => {
    // A listener: Node itself can't connect there.
    const answers = `
      const server = net.createServer().listen(0, "127.0.0.1", () =>
        say([codeOf(() => sockinfo.getTcpInfo(server._handle.fd)), sockinfo.isSupported()]));`;
    expect(runDenied(denyCalls, "EPERM", rules, answers)).toEqual([DENIED, false]);
  });

  test("TCP_INFO: descriptors of other kinds have the same codes as without a sandbox", () => {
    const script = `
      const fs = require("node:fs");
      const sockets = () => fs.readdirSync("/proc/self/fd").filter((fd) => isSocket("/proc/self/fd/" + fd));
      const isSocket = (path) => fs.existsSync(path) && fs.statSync(path).isSocket();
      const before = sockets();
      require("node:dgram").createSocket("udp4").bind(0, "127.0.0.1", () => {
        const udp = Number(sockets().find((fd) => !before.includes(fd)));
        const path = "/tmp/sockinfo-denied-" + process.pid;
        const unix = net.createServer().listen(path, () => {
          const fds = [udp, unix._handle.fd, fs.openSync("/dev/null"), 9999];
          const codes = fds.map((fd) => codeOf(() => sockinfo.getTcpInfo(fd)));
          fs.unlinkSync(path);
          say(codes);
        });
      });`;
    const notTcp = "ERR_SOCKINFO_NOT_TCP";
    const expected = [notTcp, notTcp, notTcp, "EBADF"];
    expect(runDenied(denyCalls, "EPERM", [TCP_INFO], script)).toEqual(expected);
    expect(runDenied(denyCalls, "EPERM", [], script)).toEqual(expected);
  });

  test("TCP_INFO: each row of a batch has the code of its own descriptor", () => {
    const script = `
      pair((accepted) => {
        const batch = sockinfo.getTcpInfoBatch([accepted, 0, 9999, {}]);
        say([0, 1, 2, 3].map((index) => batch.getError(index).code));
      });`;
    const codes = [DENIED, "ERR_SOCKINFO_NOT_TCP", "EBADF", "ERR_SOCKINFO_NO_SOCKET"];
    expect(runDenied(denyCalls, "EPERM", [TCP_INFO], script)).toEqual(codes);
  });

  test("TCP_INFO: a closed connection has the reason why its final TCP_INFO is missing", () => {
    const script = `
      const server = require("node:http").createServer((req, res) => res.end("ok"));
      connections.trackConnections(server).on("closed", (connection) => {
        const { code, name, stack } = connection.finalTcpInfoError;
        const inLog = JSON.parse(JSON.stringify(connection)).finalTcpInfoError;
        say([stack.includes("\\n    at "), connection.finalTcpInfo, name, code, inLog, connection.closeReason]);
      });
      server.listen(0, "127.0.0.1", () => net.connect(server.address().port, "127.0.0.1").end());`;
    expect(runDenied(denyCalls, "EPERM", [TCP_INFO], script)).toEqual([
      true,
      "absent",
      "SocketInfoError",
      DENIED,
      DENIED,
      expect.any(String),
    ]);
  });

  const GATES = `
    const unix = require(${JSON.stringify(join(entry, "..", "unix", "index.js"))});
    say([codeOf(() => unix.allowPeers(net.createServer(), { uids: [0] })), codeOf(() => unix.requirePeer({ uids: [0] }))]);`;

  test.each([
    ["TCP_INFO: gates are made, because they do not need it", [TCP_INFO], "none"],
    ["SO_PEERCRED: gates are not made, because they would refuse every peer", ["getsockopt:1:17"], DENIED],
    ["getpeername: gates are not made either", ["getpeername"], DENIED],
  ])("%s", (_, rules, code) => {
    expect(runDenied(denyCalls, "EPERM", rules, GATES)).toEqual([code, code]);
  });

  test("TCP_INFO: measurements and the accept queue", () => {
    const script = `
      const http = require("node:http");
      const server = http.createServer(async (req, res) => {
        const rejected = await connections.measureRequest(req).catch(({ code }) => code);
        const queue = [codeOf(() => connections.getListenerInfo(server)), connections.tryGetListenerInfo(server)];
        say([rejected, await connections.tryMeasureRequest(req), ...queue]);
      });
      connections.trackConnections(server);
      server.listen(0, "127.0.0.1", () => http.get({ port: server.address().port, host: "127.0.0.1" }));`;
    expect(runDenied(denyCalls, "EPERM", [TCP_INFO], script)).toEqual([DENIED, "absent", DENIED, "absent"]);
  });

  test.each([
    ["SO_PROTOCOL: whether it is MPTCP is not known", "EPERM", ["getsockopt:1:38"], "absent"],
    ["no rule: isMptcp is known", "EPERM", [], false],
  ])("%s", (_, error, rules, isMptcp) => {
    const script = `pair((accepted) => { const info = sockinfo.getTcpInfo(accepted); say([info.state, info.isMptcp, sockinfo.isSupported()]); });`;
    expect(runDenied(denyCalls, error, rules, script)).toEqual(["ESTABLISHED", isMptcp, true]);
  });

  test("socket(): sockinfo is supported, because TCP_INFO of other sockets can still be read", () => {
    expect(runDenied(denyCalls, "EPERM", ["socket"], "say(sockinfo.isSupported())")).toBe(true);
  });

  test.each([
    ["getpeername", ["getpeername"]],
    ["SO_PEERCRED", ["getsockopt:1:17"]],
  ])("peer credentials, by %s", (_, rules) => {
    const script = `
      const path = "/tmp/sockinfo-denied-" + process.pid;
      const server = net.createServer((accepted) => {
        server.close();
        say([codeOf(() => sockinfo.getPeerCredentials(accepted)), sockinfo.tryGetPeerCredentials(accepted)]);
      }).listen(path, () => net.connect(path));`;
    expect(runDenied(denyCalls, "EPERM", rules, script)).toEqual([DENIED, "absent"]);
  });
});
