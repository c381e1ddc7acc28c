// The connections that the soak reads. They stay open until it ends.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type AddressInfo, type ListenOptions, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Connections {
  readonly tcp: Socket;
  readonly unix: Socket;
  readonly closed: Socket;
}

/** Passes the accepted ends to `use`. */
export async function withConnections(use: (connections: Connections) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-soak-"));
  const opened: Socket[] = [];
  try {
    const tcp = await connect({ host: "127.0.0.1", port: 0 });
    const unix = await connect({ path: join(folder, "socket") });
    opened.push(...tcp, ...unix);
    const [closed, peer] = await connect({ host: "127.0.0.1", port: 0 });
    closed.destroy();
    // Closes the descriptor of this end, too, before descriptors are counted.
    await once(peer.resume(), "close");
    await use({ tcp: tcp[0], unix: unix[0], closed });
  } finally {
    for (const socket of opened) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns the accepted end and the client's. */
async function connect(options: ListenOptions): Promise<[Socket, Socket]> {
  const server = createServer();
  server.listen(options);
  await once(server, "listening");
  const { path } = options;
  const client = path ? createConnection(path) : createConnection((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  server.close();
  return [accepted, client];
}
