// openPeerProcess against /proc: it always means the process that connected, also when that process ended, changed, or
// another process got its pid.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { openPeerProcess, type PeerProcess, SocketInfoError, tryOpenPeerProcess } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { connectPair, listen, socketPath, until } from "../helpers/servers";

const entry = JSON.stringify(require.resolve("sockinfo"));

/** Those of this process. The kernel's name of a pidfd is `pidfd:[12]`, before Linux 6.9 `anon_inode:[pidfd]`. */
function countPidfds(): number {
  return readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).includes("pidfd")).length;
}

/** Empty if the descriptor is closed by now, as that of readdir() itself. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

/**
 * A client with arguments of its own, which runs until it is killed. The server does not read, so it does not notice
 * the end.
 */
async function acceptFrom(parameters = ["one", "two words", ""]): Promise<{ child: ChildProcess; socket: Socket }> {
  const path = socketPath();
  const server = await listen(createServer({ pauseOnConnect: true }), { path });
  const script = `require("net").connect(${JSON.stringify(path)}).resume()`;
  const child = spawn(process.execPath, ["-e", script, ...parameters], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [socket] = (await once(server, "connection")) as [Socket];
  return { child, socket };
}

function open(source: Socket): PeerProcess {
  const process_ = openPeerProcess(source);
  onTestFinished(() => process_.close());
  return process_;
}

async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    expect(error).toBeInstanceOf(SocketInfoError);
    return (error as SocketInfoError).code;
  }
}

describe.skipIf(lacks("pidfd"))("the process", () => {
  test("is the one that connected: pid, program and command line as /proc has them", async () => {
    const { child, socket } = await acceptFrom();
    const peer = open(socket);
    expect(peer.pid).toBe(child.pid);
    expect(peer.isAlive()).toBe(true);
    expect(await peer.readExecutable()).toBe(readlinkSync(`/proc/${child.pid}/exe`));
    const commandLine = readFileSync(`/proc/${child.pid}/cmdline`, "utf8").slice(0, -1).split("\0");
    expect(await peer.readCommandLine()).toEqual(commandLine);
    expect(commandLine.slice(-3)).toEqual(["one", "two words", ""]);
  });

  test("with an endless command line: only its first 64 KiB are read", async () => {
    const { child, socket } = await acceptFrom(Array.from({ length: 40 }, () => "x".repeat(5000)));
    const whole = readFileSync(`/proc/${child.pid}/cmdline`);
    expect(whole.length).toBeGreaterThan(200_000);
    const commandLine = await open(socket).readCommandLine();
    expect(commandLine.join("\0")).toBe(whole.toString("utf8", 0, 65_536));
  });

  test("of a client's socket is the one that listens", async () => {
    const { client } = await connectPair({ path: socketPath() });
    expect(open(client).pid).toBe(process.pid);
  });

  test("that has ended is not alive, and reading fails", async () => {
    const { child, socket } = await acceptFrom();
    const peer = open(socket);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(peer.isAlive()).toBe(false);
    expect(await codeOf(() => peer.readExecutable())).toBe("ERR_SOCKINFO_PEER_GONE");
    expect(await codeOf(() => peer.readCommandLine())).toBe("ERR_SOCKINFO_PEER_GONE");
  });

  test("that ended before the call is not alive, or the call is refused", async () => {
    const { child, socket } = await acceptFrom();
    child.kill("SIGKILL");
    await once(child, "exit");
    const opened = await codeOf(() => open(socket));
    if (opened === "ERR_SOCKINFO_PEER_GONE") return expect(tryOpenPeerProcess(socket)).toBeUndefined();
    expect((opened as PeerProcess).isAlive()).toBe(false);
    expect(await codeOf(() => (opened as PeerProcess).readCommandLine())).toBe("ERR_SOCKINFO_PEER_GONE");
  });

  test("that is a zombie is not alive", async () => {
    // A shell that starts the client and never waits.
    const path = socketPath();
    const server = await listen(createServer(), { path });
    const client = `${process.execPath} -e 'require("net").connect("${path}").resume()'`;
    const shell = spawn("sh", ["-c", `${client} & exec sleep 60`], { stdio: "ignore" });
    onTestFinished(() => void shell.kill("SIGKILL"));
    const [socket] = (await once(server, "connection")) as [Socket];
    const peer = open(socket);
    process.kill(peer.pid as number, "SIGKILL");
    await until(() => /^State:\s+Z/m.test(readFileSync(`/proc/${peer.pid}/status`, "utf8")));
    // Its last thread may still be ending.
    await until(() => !peer.isAlive());
    expect(readFileSync(`/proc/${peer.pid}/status`, "utf8")).toMatch(/^State:\s+Z/m);
    expect(await codeOf(() => peer.readCommandLine())).toBe("ERR_SOCKINFO_PEER_GONE");
  });

  test.skipIf(lacks("root"))("of root: another user can read its arguments, but not its program", async () => {
    const path = socketPath();
    await listen(createServer(), { path });
    chmodSync(path, 0o777);
    // The script changes its user only after it has loaded everything, because other users may be unable to read our
    // files.
    const script = `
      const { openPeerProcess } = require(${entry});
      const socket = require("net").connect(${JSON.stringify(path)}, async () => {
        const peer = openPeerProcess(socket);
        process.setgroups([]);
        process.setgid(2345);
        process.setuid(1234);
        const { code, syscall } = await peer.readExecutable().catch((error) => error);
        console.log(JSON.stringify([code, syscall, await peer.readCommandLine()]));
        process.exit();
      });`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [code, syscall, commandLine] = JSON.parse(await text(child.stdout));
    expect([code, syscall]).toEqual(["EACCES", "readlink"]);
    expect(commandLine.join("\0")).toBe(readFileSync("/proc/self/cmdline", "utf8").slice(0, -1));
  });
});

describe.skipIf(lacks("pidfd"))("the descriptor", () => {
  test("is closed by close() and by Symbol.dispose, once", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const before = countPidfds();
    const peers = Array.from({ length: 200 }, () => openPeerProcess(accepted));
    expect(countPidfds()).toBe(before + 200);
    for (const [index, peer] of peers.entries()) {
      if (index % 2) peer.close();
      else peer[Symbol.dispose]();
      peer.close();
    }
    expect(countPidfds()).toBe(before);
  });

  test("can't be used after close()", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const peer = openPeerProcess(accepted);
    peer.close();
    const closed = "ERR_SOCKINFO_PROCESS_CLOSED";
    expect(await codeOf(() => peer.isAlive())).toBe(closed);
    expect(await codeOf(() => peer.pidfd)).toBe(closed);
    expect(await codeOf(() => peer.readExecutable())).toBe(closed);
    const other = openPeerProcess(accepted);
    const reading = codeOf(() => other.readCommandLine());
    other.close();
    expect(await reading).toBe(closed);
  });

  test("refers to the process, and child processes do not inherit it", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const info = readFileSync(`/proc/self/fdinfo/${open(accepted).pidfd}`, "latin1");
    expect(info).toMatch(new RegExp(`^Pid:\\t${process.pid}$`, "m"));
    // O_CLOEXEC of fcntl.h.
    expect(Number.parseInt(/^flags:\t(\d+)$/m.exec(info)?.[1] ?? "", 8) & 0o2_000_000).toBeGreaterThan(0);
  });

  test("is closed when its object is garbage-collected", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const before = countPidfds();
    for (let count = 0; count < 50; count++) openPeerProcess(accepted);
    await until(() => {
      globalThis.gc?.();
      return countPidfds() <= before;
    });
  });

  test("of a worker thread is closed when the thread ends", async () => {
    const path = socketPath();
    await listen(createServer(), { path });
    const script = `
      const { Worker } = require("worker_threads"), { readdirSync } = require("fs");
      const count = () => readdirSync("/proc/self/fd").length;
      const code = \`
        const { openPeerProcess } = require(${entry});
        const socket = require("net").connect(${JSON.stringify(path)}, () => {
          globalThis.kept = Array.from({ length: 20 }, () => openPeerProcess(socket));
          require("worker_threads").parentPort.postMessage("open");
        });\`;
      (async () => {
        const end = async () => {
          const worker = new Worker(code, { eval: true });
          await new Promise((resolve) => worker.once("message", resolve));
          const open = count();
          await worker.terminate();
          return [open, count()];
        };
        await end();
        const [open, after] = await end();
        console.log(JSON.stringify([open - after >= 20]));
        process.exit();
      })();`;
    expect(await text(spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] }).stdout)).toBe(
      "[true]\n",
    );
  });
});

describe("is refused", () => {
  test.skipIf(lacks("linux"))("for TCP, a listener, a closed socket, and a wrong argument", async () => {
    const { accepted: tcp } = await connectPair();
    const { accepted, server } = await connectPair({ path: socketPath() });
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    expect(await codeOf(() => openPeerProcess(tcp))).toBe("ERR_SOCKINFO_NOT_UNIX");
    expect(await codeOf(() => openPeerProcess(fd))).toBe("ERR_SOCKINFO_NOT_CONNECTED");
    accepted.destroy();
    expect(await codeOf(() => openPeerProcess(accepted))).toBe("ERR_SOCKINFO_SOCKET_CLOSED");
    expect(await codeOf(() => openPeerProcess("x" as never))).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
    expect(tryOpenPeerProcess(tcp)).toBeUndefined();
  });

  test("where the kernel or the platform has no pidfd", async () => {
    const { accepted } = await connectPair({ path: socketPath() });
    const peer = tryOpenPeerProcess(accepted);
    peer?.close();
    if (peer) return;
    expect(await codeOf(() => openPeerProcess(accepted))).toMatch(/^ERR_SOCKINFO_UNSUPPORTED_(KERNEL|PLATFORM)$/);
  });
});

describe.skipIf(lacks("root", "unshare", "pidfd"))("another process that gets the pid", () => {
  test("is not taken for the peer: the peer is not alive, and reading fails", async () => {
    const path = socketPath();
    // In its own pid namespace, where root can choose the next pid.
    const script = `
      const { openPeerProcess, getPeerCredentials } = require(${entry});
      const { spawn } = require("child_process"), fs = require("fs");
      const server = require("net").createServer({ pauseOnConnect: true }, async (socket) => {
        const before = openPeerProcess(socket), { pid } = getPeerCredentials(socket);
        client.kill("SIGKILL");
        await new Promise((resolve) => client.once("exit", resolve));
        let other;
        for (let attempt = 0; attempt < 200 && other?.pid !== pid; attempt++) {
          other?.kill("SIGKILL");
          fs.writeFileSync("/proc/sys/kernel/ns_last_pid", String(pid - 1));
          other = spawn("sleep", ["60"]);
        }
        const code = (error) => error.code;
        let after;
        try { after = openPeerProcess(socket); } catch (error) { after = { isAlive: () => false, readCommandLine: async () => { throw error; } }; }
        console.log(JSON.stringify({
          reused: other.pid === pid && getPeerCredentials(socket).pid === pid,
          lives: fs.readFileSync("/proc/" + pid + "/cmdline", "utf8"),
          before: [before.isAlive(), await before.readCommandLine().catch(code), await before.readExecutable().catch(code)],
          after: [after.isAlive(), await after.readCommandLine().catch(code)],
        }));
        process.exit();
      }).listen(${JSON.stringify(path)}, () => {
        client = spawn(process.execPath, ["-e", 'require("net").connect(${JSON.stringify(path)}).resume()'], { stdio: "ignore" });
      });
      let client;`;
    const inside = ["--pid", "--fork", "--kill-child", "--mount-proc", process.execPath, "-e", script];
    const child = spawn("unshare", inside, { stdio: ["ignore", "pipe", "inherit"] });
    expect(JSON.parse(await text(child.stdout))).toEqual({
      reused: true,
      lives: ["sleep", "60", ""].join("\0"),
      before: [false, "ERR_SOCKINFO_PEER_GONE", "ERR_SOCKINFO_PEER_GONE"],
      after: [false, "ERR_SOCKINFO_PEER_GONE"],
    });
  });
});
