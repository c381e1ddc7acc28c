// getPeerIdentity against /proc of real processes, and the reason for each missing property.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { getPeerCredentials, getPeerIdentity, tryGetPeerIdentity } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { codeOf } from "../helpers/refusals";
import { connectPair, listen, portOf, socketPath } from "../helpers/servers";

const PARTS = ["pid", "groups", "securityLabel", "effectivePid", "auditToken"] as const;
const { ENOPROTOOPT } = constants.errno;

/** A client that `command` starts, and the server's end of its connection. */
async function acceptFrom(command: string[]): Promise<{ child: ChildProcess; socket: Socket }> {
  const path = socketPath();
  const server = await listen(createServer(), { path });
  chmodSync(path, 0o777);
  const script = `require("net").connect(${JSON.stringify(path)}).resume()`;
  const [file, ...parameters] = [...command, process.execPath, "-e", script];
  const child = spawn(file, parameters, { stdio: "ignore", cwd: "/" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [socket] = (await once(server, "connection")) as [Socket];
  return { child, socket };
}

/** The security label that /proc has of a process. */
function labelOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/attr/current`, "latin1").replace(/[\0\n]+$/, "") || undefined;
  } catch {
    return undefined;
  }
}

test("it contains the credentials, is frozen, and each call returns the same object", async () => {
  const { accepted, client } = await connectPair({ path: socketPath() });
  const identity = getPeerIdentity(accepted);
  expect(identity).toMatchObject(getPeerCredentials(accepted));
  expect(getPeerIdentity(accepted)).toBe(identity);
  expect(tryGetPeerIdentity(client)).not.toBe(identity);
  expect(Object.isFrozen(identity) && Object.isFrozen(identity.absent)).toBe(true);
  expect(Object.keys(getPeerCredentials(accepted))).toEqual(["uid", "gid", "pid", "groups"]);
});

test("exactly the undefined properties have a reason", async () => {
  const { accepted } = await connectPair({ path: socketPath() });
  const identity = getPeerIdentity(accepted);
  const missing = PARTS.filter((part) => identity[part] === undefined);
  expect(Object.keys(identity.absent).toSorted()).toEqual(missing.toSorted());
  for (const part of missing) {
    expect(identity.absent[part]).toMatchObject({
      code: expect.stringMatching(/^ERR_SOCKINFO_/),
      message: expect.any(String),
    });
  }
});

test.skipIf(lacks("linux"))("the label is that of /proc, or the reason has the kernel's errno", async () => {
  const { accepted } = await connectPair({ path: socketPath() });
  const { securityLabel, absent } = getPeerIdentity(accepted);
  // A security module may label processes and not sockets. A socket has no other label than its process.
  if (securityLabel !== undefined) expect(securityLabel).toBe(labelOf(process.pid));
  else {
    expect(absent.securityLabel).toMatchObject({
      code: "ERR_SOCKINFO_UNSUPPORTED_KERNEL",
      errno: -ENOPROTOOPT,
      syscall: "getsockopt",
    });
  }
  expect([absent.effectivePid?.code, absent.auditToken?.code]).toEqual([
    "ERR_SOCKINFO_UNSUPPORTED_PLATFORM",
    "ERR_SOCKINFO_UNSUPPORTED_PLATFORM",
  ]);
});

test.skipIf(lacks("root", "setpriv"))("the identity of another user's process", async () => {
  const { child, socket } = await acceptFrom(["setpriv", "--reuid", "1234", "--regid", "2345", "--groups", "7,70"]);
  const identity = getPeerIdentity(socket);
  const label = labelOf(child.pid as number);
  expect(identity).toMatchObject({ uid: 1234, gid: 2345, pid: child.pid, groups: [7, 70] });
  if (identity.securityLabel !== undefined) expect(identity.securityLabel).toBe(label);
});

test.skipIf(lacks("root", "unshare"))(
  "the pid of a peer outside our pid namespace is missing, with the reason",
  async () => {
    const path = socketPath();
    const server = await listen(createServer(), { path });
    expect(server.listening).toBe(true);
    const script = `
    const { getPeerIdentity } = require(${JSON.stringify(require.resolve("sockinfo"))});
    const socket = require("net").connect(${JSON.stringify(path)}, () => {
      const { uid, pid, absent } = getPeerIdentity(socket);
      console.log(JSON.stringify([uid, pid ?? null, absent.pid.code]));
      process.exit();
    });`;
    const child = spawn("unshare", ["--pid", "--fork", "--kill-child", process.execPath, "-e", script]);
    expect(JSON.parse(await text(child.stdout))).toEqual([0, null, "ERR_SOCKINFO_PEER_NOT_VISIBLE"]);
  },
);

describe("the same sources are refused as by getPeerCredentials", () => {
  const refusalOf = (source: unknown) => codeOf(() => getPeerIdentity(source as never));

  test("TCP, a listener, a closed socket, and a wrong argument", async () => {
    const { accepted: tcp, server: tcpServer } = await connectPair();
    const { accepted, server } = await connectPair({ path: socketPath() });
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    expect(portOf(tcpServer)).toBeGreaterThan(0);
    expect([refusalOf(tcp), refusalOf(fd)]).toEqual(["ERR_SOCKINFO_NOT_UNIX", "ERR_SOCKINFO_NOT_CONNECTED"]);
    expect(getPeerIdentity(accepted).uid).toBe(process.geteuid?.());
    accepted.destroy();
    expect([refusalOf(accepted), refusalOf(undefined)]).toEqual([
      "ERR_SOCKINFO_SOCKET_CLOSED",
      "ERR_SOCKINFO_INVALID_ARGUMENT",
    ]);
    expect(tryGetPeerIdentity(accepted)).toBeUndefined();
    expect(tryGetPeerIdentity(tcp)).toBeUndefined();
  });
});
