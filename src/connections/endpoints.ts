// The two ends of a socket. Read when the connection is new: later the system may have forgotten them.
import type { Server, Socket } from "node:net";
import { isAcceptedBy } from "../core";
import type { Endpoint } from "./types";

/** The one address at which a server listens, which all that it accepts then have: the system need not be asked for each. */
const listening = new WeakMap<Server, Endpoint | undefined>();

/** It may listen elsewhere the next time. */
export function forgetAddress(server: Server): void {
  listening.delete(server);
}

export function localEndpoint(socket: Socket, server: Server): Endpoint | undefined {
  if (isAcceptedBy(socket, server)) {
    if (!listening.has(server)) listening.set(server, addressOf(server));
    const endpoint = listening.get(server);
    if (endpoint !== undefined) return endpoint;
  }
  const { localAddress, localPort, localFamily } = socket;
  if (localAddress === undefined || localPort === undefined) return undefined;
  return tcp(localFamily, localAddress, localPort);
}

/** `undefined` of a server that listens at all addresses of the machine. */
function addressOf(server: Server): Endpoint | undefined {
  const found = server.address();
  if (found === null) return undefined;
  // The accepted end of a Unix socket is bound to no path of its own.
  if (typeof found === "string") return { family: "unix", path: found };
  const { family, address, port } = found;
  return address === "::" || address === "0.0.0.0" ? undefined : tcp(family, address, port);
}

export function remoteEndpoint(socket: Socket): Endpoint | undefined {
  const { remoteAddress, remotePort, remoteFamily } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return tcp(remoteFamily, remoteAddress, remotePort);
}

function tcp(family: string | undefined, address: string, port: number): Endpoint {
  return { family: family === "IPv6" ? "IPv6" : "IPv4", address, port };
}
