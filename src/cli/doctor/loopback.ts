// Connections of this process with itself, on which the checks try what sockinfo does for a server.
import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer,
  type AddressInfo,
  connect,
  type ListenOptions,
  type NetConnectOpts,
  type Server,
  type Socket,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";

export interface Loopback {
  readonly server: Server;
  /** The server's side. */
  readonly accepted: Socket;
  close(): void;
}

export function openTcpLoopback(): Promise<Loopback> {
  return open({ host: "127.0.0.1", port: 0 }, (server) => ({
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
  }));
}

/** In a new folder of mode 0700. */
export async function openUnixLoopback(): Promise<Loopback> {
  const folder = mkdtempSync(join(tmpdir(), "sockinfo-doctor-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "socket");
    const loopback = await open({ path }, () => ({ path }));
    return { ...loopback, close: () => (loopback.close(), remove()) };
  } catch (error) {
    remove();
    throw error;
  }
}

async function open(at: ListenOptions, whereIs: (server: Server) => NetConnectOpts): Promise<Loopback> {
  const server = createServer();
  server.listen(at);
  await once(server, "listening");
  const client = connect(whereIs(server));
  const sockets = [client];
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  try {
    const [[accepted]] = await Promise.all([once(server, "connection"), once(client, "connect")]);
    for (const socket of [client, accepted as Socket]) socket.on("error", () => {});
    sockets.push(accepted as Socket);
    return { server, accepted: accepted as Socket, close };
  } catch (error) {
    close();
    throw error;
  }
}
