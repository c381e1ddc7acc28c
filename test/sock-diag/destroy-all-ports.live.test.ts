// Announcements of the sockets of all ports, beside those of single ports, against the sockets' own cookies, addresses
// and counters.
import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DestroyedSocket, DestroyObserver, DestroySubscription } from "../../src/sock-diag/destroy-events";
import type { TcpInfo } from "sockinfo";
import { core } from "../helpers/core";
import { lacks } from "../helpers/needs";
import { listen, portOf, until } from "../helpers/servers";
import { binding, cookieOf, orThrow } from "./helpers";

interface Ended extends ReturnType<DestroyedSocket["readEndpoints"]> {
  readonly localPort: number;
  readonly tcpInfo: TcpInfo | undefined;
}

class Recorder implements DestroyObserver {
  readonly ended = new Map<bigint, Ended>();
  readonly losses: number[] = [];
  readonly #ports: readonly number[];

  constructor(...ports: readonly number[]) {
    this.#ports = ports;
  }

  destroyed(socket: DestroyedSocket): boolean {
    const { localPort } = socket;
    this.ended.set(socket.cookie, { ...socket.readEndpoints(), localPort, tcpInfo: socket.readTcpInfo() });
    return false;
  }
  lost(count: number): void {
    this.losses.push(count);
  }
  unavailable(): void {}
  portsInUse(): readonly number[] {
    return this.#ports;
  }
}

function subscribe(observer: DestroyObserver): DestroySubscription {
  const subscription = orThrow(core.subscribeToDestroyEvents(observer));
  onTestFinished(() => subscription.close());
  return subscription;
}

/** Makes a connection on which the server sends `bytes`, closes it, and returns what both ends were. */
async function closeOne(server: Server, bytes = 0): Promise<{ accepted: bigint; client: bigint; clientPort: number }> {
  const arrived = once(server, "connection") as Promise<[Socket]>;
  const client = createConnection(portOf(server), "127.0.0.1").resume();
  const [socket] = await arrived;
  const cookies = { accepted: cookieOf(socket), client: cookieOf(client), clientPort: client.localPort as number };
  if (bytes > 0) socket.write(Buffer.alloc(bytes));
  socket.end();
  await once(client, "close");
  return cookies;
}

describe.skipIf(lacks("linux"))("announcements of all ports", () => {
  test("have the addresses and TCP_INFO of both ends", async () => {
    const server = await listen(createServer());
    const recorder = new Recorder();
    subscribe(recorder).watchAllPorts();
    await until(() => recorder.losses.length > 0);
    // Sockets that were closed before the kernel began to announce.
    expect(recorder.losses).toEqual([0]);
    const { accepted, client, clientPort } = await closeOne(server, 5000);
    await until(() => recorder.ended.has(accepted) && recorder.ended.has(client));
    const [local, remote] = [portOf(server), clientPort].map((port) => ({ address: "127.0.0.1", port }));
    const ofServer = recorder.ended.get(accepted);
    expect(ofServer).toMatchObject({ local, remote, localPort: local?.port });
    expect(ofServer?.tcpInfo).toMatchObject({ state: "CLOSED", bytesSent: 5000 });
    expect(recorder.ended.get(client)).toMatchObject({ local: remote, remote: local });
  });

  test("disturb no subscriber of one port, and end with their own", async () => {
    const [one, other] = [await listen(createServer()), await listen(createServer())];
    const [single, each] = [new Recorder(portOf(one)), new Recorder()];
    subscribe(single).watchPort(portOf(one));
    await until(() => single.losses.length > 0);
    const all = subscribe(each);
    all.watchAllPorts();
    const [first, second] = [await closeOne(one), await closeOne(other)];
    await until(() => each.ended.has(first.accepted) && each.ended.has(second.accepted));
    expect(single.ended.has(first.accepted)).toBe(true);
    expect(single.ended.has(second.accepted)).toBe(false);

    const { setDestroyPorts } = binding;
    onTestFinished(() => void Object.assign(binding, { setDestroyPorts }));
    const told: number[][] = [];
    Object.assign(binding, {
      setDestroyPorts: (ports: Uint16Array<ArrayBuffer>) => (told.push([...ports]), setDestroyPorts(ports)),
    });
    all.close();
    all.watchAllPorts();
    expect(told).toEqual([[portOf(one)]]);
    const [third, fourth] = [await closeOne(other), await closeOne(one)];
    await until(() => single.ended.has(fourth.accepted));
    expect(each.ended.has(fourth.accepted)).toBe(false);
    expect(single.ended.has(third.accepted)).toBe(false);
  });

  test("that were lost are counted", async () => {
    const { startDestroyEvents } = binding;
    onTestFinished(() => void Object.assign(binding, { startDestroyEvents }));
    let announce: Parameters<typeof startDestroyEvents>[1] = () => {};
    Object.assign(binding, {
      startDestroyEvents: (...parameters: Parameters<typeof startDestroyEvents>) => {
        announce = parameters[1];
        return startDestroyEvents(...parameters);
      },
    });
    const recorder = new Recorder();
    subscribe(recorder).watchAllPorts();
    await until(() => recorder.losses.length > 0);
    const none = new ArrayBuffer(0);
    for (const lost of [0, 3, 3, 10, 0xffff_ffff, 4]) announce(none, lost, 0);
    expect(recorder.losses).toEqual([0, 3, 7, 0xffff_ffff - 10, 5]);
  });
});
