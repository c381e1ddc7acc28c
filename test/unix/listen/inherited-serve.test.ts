// Servers on sockets that systemd passes: the peers at both ends, and that the socket stays systemd's.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import { getPeerCredentials, type PeerCredentials } from "sockinfo";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { environmentFor, startService, type Passed } from "../helpers/activation";
import { stateOf } from "../helpers/files";
import { start, STRANGER, type Child, type Identity } from "../helpers/processes";

const ROOT: Identity = { uid: 0, gid: 0 };

interface Answer {
  readonly name: string;
  readonly peer: PeerCredentials;
}

const unix = (): Passed & { path: string } => ({ kind: "unix", path: socketPath() });

function startNamed(passed: readonly Passed[], names: readonly string[], as?: Identity) {
  return startService({ names: [], ...(as && { as }) }, passed, environmentFor(passed, names));
}

async function dial(path: string): Promise<Socket> {
  const client = connect({ path });
  onTestFinished(() => void client.destroy());
  await once(client, "connect");
  return client;
}

/** The answer to another user's process. */
function askAs({ uid, gid }: Identity, path: string): Child<Answer> {
  const script = `require("net").connect(${JSON.stringify(path)}).on("end", () => console.log()).pipe(process.stdout)`;
  return start(["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", process.execPath, "-e", script]);
}

describe.skipIf(lacks("linux", "python"))("a server on a socket of systemd's", () => {
  test("serves each socket under its name, also clients that connected before it started", async () => {
    const passed = [unix(), unix()];
    const service = startNamed(passed, ["api", "admin"]);
    await service.next();
    const early = await dial(passed[1]?.path ?? "");
    service.tell("serve");
    expect(await service.next()).toEqual({ addresses: passed.map(({ path }) => path) });
    const answers = await Promise.all([json(early), ...passed.map(async ({ path }) => json(await dial(path)))]);
    expect(answers).toMatchObject([{ name: "admin" }, { name: "api" }, { name: "admin" }]);
  });

  test("leaves the socket to systemd when it closes, and clients wait for the next service", async () => {
    const socket = unix();
    const service = startNamed([socket], ["api"]);
    await service.next();
    const before = stateOf(socket.path);
    service.tell("serve");
    await service.next();
    service.tell("close");
    expect(await service.next()).toEqual({ closed: true });
    expect(stateOf(socket.path)).toEqual(before);
    // The client waits in systemd's queue.
    await dial(socket.path);
  });

  test.skipIf(lacks("root", "setpriv"))("reads the credentials of its peers", async () => {
    const socket = unix();
    const service = startNamed([socket], ["api"]);
    await service.next();
    service.tell("serve");
    await service.next();
    expect((await askAs(STRANGER, socket.path).next()).peer).toMatchObject(STRANGER);
    expect(await json(await dial(socket.path))).toMatchObject({ peer: { uid: 0, gid: 0, pid: process.pid } });
  });

  test.skipIf(lacks("root"))(
    "has for its clients the credentials of the process that called listen() last: systemd, then the service",
    async () => {
      const socket = unix();
      const service = startNamed([socket], ["api"], STRANGER);
      const { pid } = await service.next();
      const [early, unasked] = [await dial(socket.path), await dial(socket.path)];
      const systemd = getPeerCredentials(early);
      expect(systemd).toMatchObject(ROOT);
      expect(systemd.pid).not.toBe(pid);
      service.tell("serve");
      await service.next();
      expect(getPeerCredentials(await dial(socket.path))).toMatchObject({ ...STRANGER, pid });
      expect(getPeerCredentials(unasked)).toEqual(systemd);
    },
  );
});
