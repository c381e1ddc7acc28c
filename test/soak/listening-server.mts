// A server that listens, and counts the listeners that are left on it.
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class ListeningServer {
  readonly server: Server;
  readonly #folder = mkdtempSync(join(tmpdir(), "sockinfo-soak-"));
  readonly #path: string | undefined;
  readonly #listenersBefore: number;

  constructor(server: Server, isUnix: boolean) {
    this.server = server;
    this.#path = isUnix ? join(this.#folder, "socket") : undefined;
    this.#listenersBefore = countListeners(server);
  }

  async start(): Promise<this> {
    this.server.listen(this.#path === undefined ? { host: "127.0.0.1", port: 0 } : { path: this.#path });
    await once(this.server, "listening");
    return this;
  }

  /** Opens a connection without TLS. */
  connect(): Socket {
    const address = this.server.address() as AddressInfo | string;
    const socket = createConnection(typeof address === "string" ? { path: address } : { port: address.port });
    return socket.on("error", () => {});
  }

  /** Returns how many listeners more than at the start the server has. */
  stop(): number {
    const left = countListeners(this.server) - this.#listenersBefore;
    this.server.close();
    rmSync(this.#folder, { recursive: true, force: true });
    return left;
  }
}

function countListeners(server: Server): number {
  return server.eventNames().reduce((sum, name) => sum + server.listenerCount(name), 0);
}
