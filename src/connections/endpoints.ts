// The two ends of a socket. Read when the connection is new: later the system may have forgotten them.
import { Socket, type Server } from "node:net";
import type { Endpoint } from "./types";

export function localEndpoint(socket: Socket, server: Server): Endpoint | undefined {
  const { localAddress, localPort, localFamily } = socket;
  if (localAddress !== undefined && localPort !== undefined) return tcp(localFamily, localAddress, localPort);
  if (!(socket instanceof Socket)) return undefined;
  // The accepted end of a Unix socket is bound to no path of its own.
  const listening = server.address();
  return typeof listening === "string" ? { family: "unix", path: listening } : undefined;
}

export function remoteEndpoint(socket: Socket): Endpoint | undefined {
  const { remoteAddress, remotePort, remoteFamily } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return tcp(remoteFamily, remoteAddress, remotePort);
}

function tcp(family: string | undefined, address: string, port: number): Endpoint {
  return { family: family === "IPv6" ? "IPv6" : "IPv4", address, port };
}
