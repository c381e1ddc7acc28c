// What all connections of one server have in common. It is found out once, and not for each connection.
import type { Server } from "node:net";
import { closingLentFds, Failure, findListenerFd, httpOf, isTcpListener, loadAddon } from "../core";
import { listenAddress } from "./endpoints";
import type { Endpoint } from "./types";

export class FollowedServer {
  readonly server: Server;
  /** The protocol of all connections. `undefined` without HTTP, and where each connection negotiates it. */
  readonly protocol: string | undefined;
  #listener: ListenerFacts | undefined;

  constructor(server: Server) {
    this.server = server;
    const http = httpOf(server);
    this.protocol = http === "h2" ? undefined : http;
  }

  /** The facts about the socket that the server listens on. */
  get listener(): ListenerFacts {
    return (this.#listener ??= { local: listenAddress(this.server), isTcp: isTcp(this.server) });
  }

  /** Call it when the server begins to listen, because the address may be another one each time. */
  forgetListener(): void {
    this.#listener = undefined;
  }
}

export interface ListenerFacts {
  /** The address that all connections have at this end. `undefined` if the server listens at all addresses. */
  readonly local: Endpoint | undefined;
  /** Whether it is known that no connection is MPTCP. */
  readonly isTcp: boolean;
}

const isTcp = closingLentFds((server: Server): boolean => {
  const binding = loadAddon();
  const fd = findListenerFd(server);
  return !(binding instanceof Failure) && typeof fd === "number" && isTcpListener(binding, fd);
});
