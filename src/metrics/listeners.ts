// The accept queues of all followed servers: how full they are now, and how many SYNs they have dropped in all.
import type { Server } from "node:net";
import { growth32, handleOf } from "../core";
import { type ListenerInfo, tryGetListenerInfo } from "../connections";

/** Sums over the servers that listen. */
export interface ListenerSnapshot {
  /** `undefined` if no server has an accept queue that can be read. */
  readonly queueLength: number | undefined;
  readonly queueLimit: number | undefined;
  /** A total that never shrinks. `undefined` until a listener has shown the counter. */
  readonly droppedSyns: number | undefined;
}

export class Listeners {
  /** By the handle of the listening socket. A server that listens again has another one, whose counter begins at 0. */
  readonly #lastDropped = new WeakMap<object, number>();
  #droppedSyns: number | undefined;

  /** Also adds the new drops to the total. Frequent calls lose fewer drops when a server stops listening. */
  read(servers: Iterable<Server>): ListenerSnapshot {
    let queueLength: number | undefined;
    let queueLimit: number | undefined;
    for (const [handle, server] of listeningServers(servers)) {
      const info = readListener(server);
      if (info === undefined) continue;
      queueLength = (queueLength ?? 0) + info.acceptQueueLength;
      queueLimit = (queueLimit ?? 0) + info.acceptQueueLimit;
      if (info.droppedSyns !== undefined) this.#countDropped(handle, info.droppedSyns);
    }
    return { queueLength, queueLimit, droppedSyns: this.#droppedSyns };
  }

  #countDropped(handle: object, droppedSyns: number): void {
    const grown = growth32(this.#lastDropped.get(handle) ?? 0, droppedSyns) ?? 0;
    this.#droppedSyns = (this.#droppedSyns ?? 0) + grown;
    this.#lastDropped.set(handle, droppedSyns);
  }
}

/** Each listening socket once, even if several servers share it. */
function listeningServers(servers: Iterable<Server>): Map<object, Server> {
  const listening = new Map<object, Server>();
  for (const server of servers) {
    const handle = handleOf(server);
    if (handle) listening.set(handle, server);
  }
  return listening;
}

function readListener(server: Server): ListenerInfo | undefined {
  try {
    return tryGetListenerInfo(server);
  } catch {
    return undefined; // The native module can't be loaded, or the handle is of another library.
  }
}
