// Reads the addresses of both ends of a socket. This happens when the connection is new, because the system may forget
// them later.
import type { Server, Socket } from "node:net";
import { isAcceptedBy } from "../core";
import type { Endpoint } from "./types";

/**
 * The address of each server. If a server listens at one address, all its connections have that one, which saves a
 * system call for each connection.
 */
const listenAddresses = new WeakMap<Server, Endpoint | undefined>();

/** Call it when the server begins to listen, because the address may be another one each time. */
export function forgetListenAddress(server: Server): void {
  listenAddresses.delete(server);
}

export function localEndpoint(socket: Socket, server: Server): Endpoint | undefined {
  if (isAcceptedBy(socket, server)) {
    if (!listenAddresses.has(server)) listenAddresses.set(server, listenAddressOf(server));
    const endpoint = listenAddresses.get(server);
    if (endpoint !== undefined) return endpoint;
  }
  const { localAddress, localPort, localFamily } = socket;
  if (localAddress === undefined || localPort === undefined) return undefined;
  return tcpEndpoint(localFamily, localAddress, localPort);
}

/** `undefined` for a server that listens at all addresses of the machine. */
function listenAddressOf(server: Server): Endpoint | undefined {
  const found = server.address();
  if (found === null) return undefined;
  // The accepted end of a Unix socket has no path of its own.
  if (typeof found === "string") return { family: "unix", path: found };
  const { family, address, port } = found;
  return address === "::" || address === "0.0.0.0" ? undefined : tcpEndpoint(family, address, port);
}

export function remoteEndpoint(socket: Socket): Endpoint | undefined {
  const { remoteAddress, remotePort, remoteFamily } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return tcpEndpoint(remoteFamily, remoteAddress, remotePort);
}

function tcpEndpoint(family: string | undefined, address: string, port: number): Endpoint {
  return { family: family === "IPv6" ? "IPv6" : "IPv4", address, port };
}
