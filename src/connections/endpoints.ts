// Reads the addresses of both ends of a socket. This happens when the connection is new, because the system may forget
// them later.
import type { Server, Socket } from "node:net";
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
