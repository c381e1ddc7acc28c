// Inherited sockets from systemd's own program, which listens, waits for the first connection, and becomes the
// service.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath, until } from "../../helpers/servers";
import { besides, countListeners } from "../helpers/files";
import { startChild, type Child } from "../helpers/processes";
import type { ServiceReport, Task } from "../helpers/activation";

function startBySystemd(task: Task, ...flags: string[]): Child<ServiceReport> {
  return startChild<ServiceReport>("service.mjs", [JSON.stringify(task)], ["systemd-socket-activate", ...flags]);
}

/** Connects as soon as a process listens. */
async function dial(path: string): Promise<Socket> {
  await until(() => countListeners(path) > 0);
  const client = connect({ path });
  onTestFinished(() => void client.destroy());
  await once(client, "connect");
  return client;
}

describe.skipIf(lacks("systemd"))("systemd-socket-activate", () => {
  test("the service finds its socket, serves the waiting client, and leaves the socket", async () => {
    const path = socketPath();
    const service = startBySystemd({ names: [null, "api"] }, `--listen=${path}`, "--fdname=api");
    const client = await dial(path);
    const { all, answers } = await service.next();
    const listener = { fd: 3, name: "api", path };
    expect({ all, answers }).toEqual({ all: [listener], answers: [listener, listener] });
    service.tell("serve");
    expect(await service.next()).toEqual({ addresses: [path] });
    expect(await json(client)).toMatchObject({ name: "api", peer: { uid: process.geteuid?.(), pid: process.pid } });
    service.tell("close");
    expect(await service.next()).toEqual({ closed: true });
    expect(besides(path)).toEqual(["socket"]);
  });

  test("several sockets have their names", async () => {
    const [first, second] = [socketPath(), socketPath()];
    const flags = [`--listen=${first}`, `--listen=${second}`, "--fdname=api:admin"];
    const service = startBySystemd({ names: ["admin", "api", null] }, ...flags);
    await dial(second);
    const { answers } = await service.next();
    expect(answers).toEqual([
      { fd: 4, name: "admin", path: second },
      { fd: 3, name: "api", path: first },
      { code: "ERR_SOCKINFO_INVALID_ARGUMENT", message: expect.stringContaining('The names are "api", "admin"') },
    ]);
  });

  test("a connection, as of Accept=yes, is not taken for a listener", async () => {
    const path = socketPath();
    const service = startBySystemd({ names: [null] }, `--listen=${path}`, "--accept");
    await dial(path);
    const { all, answers } = await service.next();
    expect({ all, answers }).toEqual({
      all: [],
      answers: [expect.objectContaining({ code: "ERR_SOCKINFO_NOT_LISTENING" })],
    });
  });
});
