// Captures fixtures: makes connections, stores the answers of the native module, and with them the facts that are
// known without it: Node's counters, the ids of this process, which end has closed.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import {
  createConnection,
  createServer,
  type AddressInfo,
  type ListenOptions,
  type Server,
  type Socket,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { NativeBinding } from "../../src/addon/native-binding";
import { contradictions, type Fixture, type Truth } from "./fixture.mts";

interface Pair {
  readonly server: Server;
  readonly client: Socket;
  readonly accepted: Socket;
}

interface Scenario {
  /** The kind of connection; `undefined` if `run` needs none. */
  readonly over?: "tcp" | "unix";
  /** Brings the sockets into the state. Returns the descriptor to ask about, and the known facts about it. */
  run(pair: Pair): Promise<{ fd: number; truth: Truth }>;
}

const fdOf = (owner: object) => (owner as { _handle: { fd: number } })._handle.fd;
const NOT_UNIX = "ERR_SOCKINFO_NOT_UNIX";
const NOT_TCP = "ERR_SOCKINFO_NOT_TCP";
const NOT_CONNECTED = "ERR_SOCKINFO_NOT_CONNECTED";
const ids = () => ({ uid: process.geteuid?.(), gid: process.getegid?.() });
const ourselves = (): Truth => ({
  tcpInfo: NOT_TCP,
  peerCredentials: { ...ids(), pid: process.pid },
  peerIdentity: { ...ids(), pid: process.pid, effectivePid: process.pid },
});

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "tcp-idle": {
    over: "tcp",
    async run({ accepted }) {
      const tcpInfo = { platform: "darwin", state: "ESTABLISHED", bytesSent: 0, bytesReceived: 0, rtoMs: null };
      return { fd: fdOf(accepted), truth: { tcpInfo, peerCredentials: NOT_UNIX } };
    },
  },
  "tcp-after-transfer": {
    over: "tcp",
    async run({ client, accepted }) {
      accepted.once("data", () => accepted.write(Buffer.alloc(70_001)));
      accepted.resume();
      client.resume().write(Buffer.alloc(123_457));
      await until(() => accepted.bytesRead === 123_457 && client.bytesRead === 70_001);
      const tcpInfo = { state: "ESTABLISHED", bytesSent: accepted.bytesWritten, bytesReceived: accepted.bytesRead };
      return { fd: fdOf(accepted), truth: { tcpInfo, peerCredentials: NOT_UNIX } };
    },
  },
  "tcp-close-wait": {
    over: "tcp",
    async run({ client, accepted }) {
      client.end("goodbye");
      await once(accepted.resume(), "end");
      return { fd: fdOf(accepted), truth: { tcpInfo: { state: "CLOSE_WAIT" }, peerCredentials: NOT_UNIX } };
    },
  },
  "tcp-listener": {
    over: "tcp",
    run: async ({ server }) => ({ fd: fdOf(server), truth: { tcpInfo: NOT_CONNECTED, peerCredentials: NOT_UNIX } }),
  },
  "unix-server-side": {
    over: "unix",
    async run({ accepted }) {
      return { fd: fdOf(accepted), truth: ourselves() };
    },
  },
  "unix-client-side": {
    over: "unix",
    async run({ client }) {
      return { fd: fdOf(client), truth: ourselves() };
    },
  },
  "unix-peer-gone": {
    over: "unix",
    async run({ client, accepted }) {
      client.destroy();
      await once(accepted.resume(), "end");
      return { fd: fdOf(accepted), truth: { tcpInfo: NOT_TCP, peerCredentials: ids() } };
    },
  },
  "unix-listener": {
    over: "unix",
    run: async ({ server }) => ({ fd: fdOf(server), truth: { tcpInfo: NOT_TCP, peerCredentials: NOT_CONNECTED } }),
  },
  udp: {
    async run() {
      const udp = createSocket("udp4").unref().bind(0, "127.0.0.1");
      await once(udp, "listening");
      const state = Object.getOwnPropertySymbols(udp)
        .map((key) => (udp as unknown as Record<symbol, { handle?: { fd: number } }>)[key])
        .find((value) => value?.handle);
      return { fd: state?.handle?.fd ?? -1, truth: { tcpInfo: NOT_TCP, peerCredentials: NOT_UNIX } };
    },
  },
  file: {
    async run() {
      const fd = openSync("/etc/hosts", "r");
      setTimeout(closeSync, 1000, fd);
      return { fd, truth: { tcpInfo: NOT_TCP, peerCredentials: NOT_UNIX } };
    },
  },
};

/**
 * Makes one fixture for each scenario and passes it to `keep` before any check, because a fixture that contradicts
 * the known facts is the most interesting one. Returns the contradictions, and the errors of scenarios that failed.
 */
export async function captureAll(
  binding: NativeBinding,
  source: string,
  keep: (fixture: Fixture) => void,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [scenario, { over, run }] of Object.entries(SCENARIOS)) {
    const pair = over === undefined ? undefined : await connect(over);
    try {
      const { fd, truth } = await run(pair as Pair);
      keep({ scenario, origin: "captured", source, answers: askAll(binding, fd), truth });
      problems.push(...contradictions(fd, truth).map((problem) => `${scenario}: ${problem}`));
    } catch (error) {
      problems.push(`${scenario}: ${String(error)}`);
    }
    pair?.client.destroy();
    pair?.accepted.destroy();
    pair?.server.close();
  }
  return problems;
}

function askAll(binding: NativeBinding, fd: number): Fixture["answers"] {
  const bytes = (ask: (fd: number) => number) => {
    const length = ask(fd);
    return length < 0 ? length : Buffer.from(binding.buffer, 0, length).toString("hex");
  };
  return {
    tcpInfo: bytes(binding.tcpInfo),
    peerCredentials: bytes(binding.peerCredentials),
    peerPid: bytes(binding.peerPid),
    peerEffectivePid: bytes(binding.peerEffectivePid),
    peerToken: bytes(binding.peerToken),
    localFamily: binding.localFamily(fd),
    peerFamily: binding.peerFamily(fd),
  };
}

async function connect(over: "tcp" | "unix"): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-"));
  const options: ListenOptions = over === "unix" ? { path: join(folder, "socket") } : { host: "127.0.0.1", port: 0 };
  const server = createServer({ allowHalfOpen: true }).listen(options);
  await once(server, "listening");
  const client = createConnection(
    over === "unix" ? { path: join(folder, "socket") } : { port: (server.address() as AddressInfo).port },
  );
  const [[accepted]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [
    [Socket],
    unknown,
  ];
  rmSync(folder, { recursive: true });
  return { server, client, accepted };
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; !condition(); attempt++) {
    if (attempt > 400) throw new Error(`not true after two seconds: ${condition.toString()}`);
    await sleep(5);
  }
}
