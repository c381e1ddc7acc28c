// Reads the addresses of both ends of a socket. This happens when the connection is new, because the system may forget
// them later.
import type { Server, Socket } from "node:net";
import { AddressBytes, type ConnectionAddresses, isSocket, readAddresses } from "../core";
import type { Endpoint } from "./types";

/** `undefined` for a server that listens at all addresses of the machine. */
export function listenAddress(server: Server): Endpoint | undefined {
  const found = server.address();
  if (found === null) return undefined;
  // The accepted end of a Unix socket has no path of its own.
  if (typeof found === "string") return { family: "unix", path: found };
  const { family, address, port } = found;
  return address === "::" || address === "0.0.0.0" ? undefined : tcpEndpoint(family, address, port);
}

/**
 * The addresses as bytes. `undefined` if only Node can tell them: other code may have put the address of a proxy's
 * client on the socket. With `local`, which is known, only the other address is read.
 */
export function addressesOf(socket: Socket, local: Endpoint | undefined): ConnectionAddresses | undefined {
  // Clients of Unix sockets have no address.
  if (local?.family === "unix" || !isSocket(socket) || Object.hasOwn(socket, "remoteAddress")) return undefined;
  return readAddresses(socket, local === undefined);
}

export function toEndpoint(address: AddressBytes | Endpoint | undefined): Endpoint | undefined {
  return address instanceof AddressBytes ? address.toEndpoint() : address;
}

export function localEndpoint(socket: Socket): Endpoint | undefined {
  const { localAddress, localPort, localFamily } = socket;
  if (localAddress === undefined || localPort === undefined) return undefined;
  return tcpEndpoint(localFamily, localAddress, localPort);
}

export function remoteEndpoint(socket: Socket): Endpoint | undefined {
  const { remoteAddress, remotePort, remoteFamily } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return tcpEndpoint(remoteFamily, remoteAddress, remotePort);
}

function tcpEndpoint(family: string | undefined, address: string, port: number): Endpoint {
  return { family: family === "IPv6" ? "IPv6" : "IPv4", address, port };
}
