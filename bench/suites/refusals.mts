// What a refusal costs, by tinybench: these take microseconds, and there is no C loop to set them against.
import { once } from "node:events";
import { createConnection, createServer, type AddressInfo } from "node:net";
import { getPeerCredentials, getTcpInfo, tryGetPeerCredentials, tryGetTcpInfo } from "sockinfo";
import { Bench } from "tinybench";
import { withUnixServer } from "../connections/unix-server.mts";
import type { Effort } from "../measure/effort.mts";
import { timeRow, type Row, type Section } from "../report/section.mts";

export function refusals({ tinybenchMs }: Effort): Promise<Section> {
  return withUnixServer(async (unix) => {
    const { accepted, close } = await unix.connect(1);
    const [unixSocket] = accepted as [(typeof accepted)[number]];
    const closed = await closedSocket();

    const bench = new Bench({ time: tinybenchMs, warmupTime: tinybenchMs / 4 })
      .add("tryGetTcpInfo(closed socket) → undefined", () => tryGetTcpInfo(closed))
      .add("tryGetTcpInfo(Unix socket) → undefined", () => tryGetTcpInfo(unixSocket))
      .add("getTcpInfo(closed socket) throws", () => thrown(() => getTcpInfo(closed)))
      .add("getTcpInfo(Unix socket) throws", () => thrown(() => getTcpInfo(unixSocket)))
      .add("tryGetPeerCredentials(closed socket) → undefined", () => tryGetPeerCredentials(closed))
      .add("getPeerCredentials(closed socket) throws", () => thrown(() => getPeerCredentials(closed)));
    await bench.run();
    await close();

    const rows = bench.tasks.map(({ name, result }): Row => {
      if (!("latency" in result)) throw new Error(`${name}: ${result.state}`);
      return timeRow(name, [result.latency.p50 * 1e6]);
    });
    return { title: "Refusals (tinybench, its clock included)", rows };
  });
}

async function closedSocket(): ReturnType<typeof connectAndClose> {
  const server = createServer((socket) => socket.end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await connectAndClose((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

async function connectAndClose(port: number) {
  const socket = createConnection(port, "127.0.0.1");
  await once(socket, "connect");
  socket.destroy();
  await once(socket, "close");
  return socket;
}

function thrown(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}
