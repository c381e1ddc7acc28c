// sock_diag where a sandbox denies it, where the kernel lacks it, and with answers that the kernel never sends.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { entry } from "../helpers/child";
import { lacks } from "../helpers/needs";
import { compile, type Compiled, runDenied, runFakedDiag } from "./helpers";

/** The result of the questions about a connection and about Unix sockets: its code if it is a failure, or what it is. */
const ASK = `
  const core = require(${JSON.stringify(join(entry, "..", "core.js"))});
  const fds = () => require("node:fs").readdirSync("/proc/self/fd").length;
  pair(async (accepted) => {
    const cookie = core.readCookie(core.loadAddon(), accepted._handle.fd);
    const local = { address: accepted.localAddress, port: accepted.localPort };
    const remote = { address: accepted.remoteAddress, port: accepted.remotePort };
    const before = fds();
    const started = performance.now();
    const row = core.findTcpSocket({ local, remote, cookie });
    const isQuick = performance.now() - started < 5000;
    const dump = await core.dumpTcpSockets(accepted.localPort, { states: ["ESTABLISHED"] });
    const unix = await core.dumpUnixSockets();
    say({
      find: row instanceof core.Failure ? row.code : row?.state,
      dump: dump instanceof core.Failure ? dump.code : dump.length + (dump.isInterrupted ? " interrupted" : ""),
      // Other processes have Unix sockets, too.
      unix: unix instanceof core.Failure ? unix.code : (unix.sockets.length > 0 ? "some" : "none") + (unix.isInterrupted ? " interrupted" : ""),
      isQuick,
      left: fds() - before,
    });
  });`;

const DENIED = "ERR_SOCKINFO_SYSTEM_CALL_DENIED";
const UNSUPPORTED = "ERR_SOCKINFO_UNSUPPORTED_KERNEL";
const SHORTAGE = "ERR_SOCKINFO_OUT_OF_RESOURCES";
/** SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG. */
const DIAG_SOCKET = "socket:524291:4";

describe.skipIf(lacks("linux", "compiler"))("a sandbox without netlink", () => {
  let denyCalls: Compiled;
  beforeAll(() => void (denyCalls = compile("deny-calls")));
  afterAll(() => denyCalls.remove());

  test.each([
    ["EAFNOSUPPORT", DENIED],
    ["EPERM", DENIED],
    ["EACCES", DENIED],
    ["ENOSYS", DENIED],
    ["EPROTONOSUPPORT", UNSUPPORTED],
    ["EMFILE", SHORTAGE],
    ["ENOBUFS", SHORTAGE],
  ])("socket(): %s", (error, code) => {
    const expected = { find: code, dump: code, unix: code, isQuick: true, left: 0 };
    expect(runDenied(denyCalls, error, [DIAG_SOCKET], ASK)).toEqual(expected);
  });

  test("no rule: all answer", () => {
    const expected = { find: "ESTABLISHED", dump: "1", unix: "some", isQuick: true, left: 0 };
    expect(runDenied(denyCalls, "EPERM", [], ASK)).toEqual(expected);
  });
});

describe.skipIf(lacks("linux", "compiler"))("an answer that is", () => {
  let fakeSockDiag: Compiled;
  beforeAll(() => void (fakeSockDiag = compile("fake-sock-diag")));
  afterAll(() => fakeSockDiag.remove());

  test.each([
    ["true", "ESTABLISHED", "1", "some"],
    ["interrupted", "ESTABLISHED", "1 interrupted", "some interrupted"],
    // Another process's message is ignored. The true answer comes next.
    ["foreign", "ESTABLISHED", "1", "some"],
    ["signal", "ESTABLISHED", "1", "some"],
    ["only-foreign", "ETIMEDOUT", "ETIMEDOUT", "ETIMEDOUT"],
    ["other-family", "ETIMEDOUT", "ETIMEDOUT", "ETIMEDOUT"],
    ["no-sender", "ETIMEDOUT", "ETIMEDOUT", "ETIMEDOUT"],
    ["other-sequence", "ETIMEDOUT", "ETIMEDOUT", "ETIMEDOUT"],
    ["silent", "ETIMEDOUT", "ETIMEDOUT", "ETIMEDOUT"],
    ["lost", SHORTAGE, "1", "some"],
    ["denied", DENIED, DENIED, DENIED],
    ["truncated", "EMSGSIZE", "EMSGSIZE", "EMSGSIZE"],
    ["no-tcp-diag", UNSUPPORTED, UNSUPPORTED, UNSUPPORTED],
    ["no-tcp-diag-done", "EPROTO", UNSUPPORTED, UNSUPPORTED],
    ["refused", "EINVAL", "EINVAL", "EINVAL"],
    ["acknowledged", "EPROTO", "EPROTO", "EPROTO"],
    ["odd-error", "EPROTO", "EPROTO", "EPROTO"],
    ["done", "EPROTO", "0", "none"],
    ["other-type", "EPROTO", "EPROTO", "EPROTO"],
    ["empty-error", "EPROTO", "EPROTO", "EPROTO"],
    ["short", "EPROTO", "EPROTO", "EPROTO"],
    ["cut", "EPROTO", "EPROTO", "EPROTO"],
    ["too-long", "EPROTO", "EPROTO", "EPROTO"],
    ["bad-attribute", "EPROTO", "EPROTO", "EPROTO"],
  ])("%s", (fake, find, dump, unix) => {
    expect(runFakedDiag(fakeSockDiag, fake, ASK)).toEqual({ find, dump, unix, isQuick: true, left: 0 });
  });
});
