// What a refusal costs. There is nothing to compare it with: no system call answers it.
import { once } from "node:events";
import { createConnection, createServer, type AddressInfo } from "node:net";
import { getPeerCredentials, getTcpInfo, tryGetPeerCredentials, tryGetTcpInfo } from "sockinfo";
import { withUnixServer } from "../connections/unix-server.mts";
import { interleave, timed } from "../measure/interleave.mts";
import type { SampleSize } from "../measure/sample-size.mts";
import { valueRow, type Section } from "../report/section.mts";

export function refusalCost({ refusals }: SampleSize): Promise<Section> {
  return withUnixServer(async (unix) => {
    const { accepted, close } = await unix.connect(1);
    const [unixSocket] = accepted as [(typeof accepted)[number]];
    const closed = await closedSocket();

    const samples = await interleave(
      {
        "tryGetTcpInfo(closed socket) returns undefined": timed(() => tryGetTcpInfo(closed)),
        "tryGetTcpInfo(Unix socket) returns undefined": timed(() => tryGetTcpInfo(unixSocket)),
        "getTcpInfo(closed socket) throws": timed(() => thrown(() => getTcpInfo(closed))),
        "getTcpInfo(Unix socket) throws": timed(() => thrown(() => getTcpInfo(unixSocket))),
        "tryGetPeerCredentials(closed socket) returns undefined": timed(() => tryGetPeerCredentials(closed)),
        "getPeerCredentials(closed socket) throws": timed(() => thrown(() => getPeerCredentials(closed))),
      },
      refusals,
    );
    await close();
    return {
      title: "Refusals",
      about: "Time per call for a socket that cannot be read.",
      rows: Object.entries(samples).map(([name, times]) => valueRow(name, times)),
    };
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
