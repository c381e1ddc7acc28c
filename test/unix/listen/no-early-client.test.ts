// At no moment can a user connect who may not: the order of the system calls, daemons that are stopped between them,
// and a stranger that tries all the time.
import { once } from "node:events";
import { chmodSync } from "node:fs";
import { createServer } from "node:net";
import { listenUnix } from "sockinfo/unix";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath, until } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { startChild, startDaemon, STRANGER } from "../helpers/processes";
import { accessOf } from "../helpers/files";
import { callsIn, signalling, tracing } from "../helpers/strace";

const { uid, gid } = STRANGER;

/** Owner, group and mode differ from those that bind() makes. */
const settings = (where: string) => ({ where, umask: 0o077, options: { mode: 0o666, owner: uid, group: gid } });

describe.skipIf(lacks("root", "strace"))("system calls", () => {
  test("bind, chown, chmod, listen, in this order, and never umask", async () => {
    const path = socketPath();
    const daemon = startDaemon(settings(path), tracing("bind", "chown", "chmod", "listen", "umask"));
    expect(await daemon.next()).toMatchObject({ address: path });
    daemon.tell("exit");
    await daemon.ended;
    // The umask is set by the daemon itself, before it listens.
    expect(callsIn(daemon.stderr())).toEqual(["umask", "bind", "chown", "chmod", "listen"]);
  });

  test.each([
    ["bind", "0:0 600"],
    ["chown", `${uid}:${gid} 600`],
    ["chmod", `${uid}:${gid} 666`],
  ] as const)("after %s no client can connect yet", async (call, access) => {
    const path = socketPath();
    const daemon = startDaemon(settings(path), signalling("STOP", call));
    await until(() => daemon.stderr().includes("stopped by SIGSTOP"));
    expect(accessOf(path)).toBe(access);
    expect(await ask(path)).toBe("ECONNREFUSED");
    daemon.kill("SIGCONT");
    const { pid } = await daemon.next();
    expect(accessOf(path)).toBe(`${uid}:${gid} 666`);
    expect(await ask(path)).toBe(String(pid));
  });
});

/** Listens on `path` again and again, until the stranger has tried often enough. */
async function tempt(
  path: string,
  listen: () => Promise<() => void>,
  isEnough: (seen: Seen) => boolean,
): Promise<Seen> {
  const umask = process.umask(0);
  onTestFinished(() => void process.umask(umask));
  const stranger = startChild<Seen>("stranger.mjs", [path, String(uid)]);
  for (;;) {
    for (let round = 0; round < 50; round++) (await listen())();
    stranger.tell("report");
    const seen = await stranger.next();
    if (isEnough(seen)) return seen;
  }
}

interface Seen {
  readonly connected?: number;
  readonly EACCES?: number;
}

describe.skipIf(lacks("root"))("a stranger that tries all the time", () => {
  test("connects to a server that sets the mode after listen()", async () => {
    const path = socketPath();
    const listen = async () => {
      const server = createServer((socket) => socket.destroy()).listen(path);
      await once(server, "listening");
      chmodSync(path, 0o600);
      return () => server.close();
    };
    const seen = await tempt(path, listen, ({ connected = 0 }) => connected > 0);
    expect(seen.connected).toBeGreaterThan(0);
  });

  test("never connects to a server of listenUnix()", async () => {
    const path = socketPath();
    const listen = async () => {
      const server = await listenUnix(
        createServer((socket) => socket.destroy()),
        path,
      );
      return () => server.close();
    };
    const seen = await tempt(path, listen, ({ EACCES = 0 }) => EACCES > 500);
    expect(seen.connected).toBeUndefined();
  });
});
