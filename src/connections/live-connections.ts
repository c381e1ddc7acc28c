// The live connections of a tracker, the oldest first.
import type { Server } from "node:net";
import { LinkedList } from "../core";
import type { ConnectionRecord } from "./connection";

export class LiveConnections {
  readonly #all = new LinkedList<ConnectionRecord>();
  /**
   * Made by the first `ofServer()`, and kept up to date from then on. Most trackers never need it, and so do not pay
   * for it. Without it, the detaching of all servers would look at each connection once for each server.
   */
  #byServer: Map<Server, Set<ConnectionRecord>> | undefined;

  get size(): number {
    return this.#all.size;
  }

  [Symbol.iterator](): IterableIterator<ConnectionRecord> {
    return this.#all[Symbol.iterator]();
  }

  add(connection: ConnectionRecord): void {
    this.#all.add(connection);
    if (this.#byServer) addTo(this.#byServer, connection);
  }

  delete(connection: ConnectionRecord): void {
    this.#all.delete(connection);
    if (this.#byServer) deleteFrom(this.#byServer, connection);
  }

  /** The connections of one of several servers. */
  ofServer(server: Server): Iterable<ConnectionRecord> {
    this.#byServer ??= groupByServer(this.#all);
    return this.#byServer.get(server) ?? [];
  }
}

function groupByServer(connections: Iterable<ConnectionRecord>): Map<Server, Set<ConnectionRecord>> {
  const byServer = new Map<Server, Set<ConnectionRecord>>();
  for (const connection of connections) addTo(byServer, connection);
  return byServer;
}

function addTo(byServer: Map<Server, Set<ConnectionRecord>>, connection: ConnectionRecord): void {
  const { server } = connection;
  const others = byServer.get(server);
  if (others) others.add(connection);
  else byServer.set(server, new Set([connection]));
}

function deleteFrom(byServer: Map<Server, Set<ConnectionRecord>>, connection: ConnectionRecord): void {
  const { server } = connection;
  const others = byServer.get(server);
  others?.delete(connection);
  if (others?.size === 0) byServer.delete(server);
}
