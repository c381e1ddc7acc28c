// What the soak calls, millions of times each: every function on what it answers and on what it refuses.
import {
  getPeerCredentials,
  getPeerIdentity,
  getTcpInfo,
  getTcpInfoBytes,
  SocketInfoError,
  tryGetTcpInfo,
  tryOpenPeerProcess,
} from "sockinfo";
import { fdOfSocket, type Connections } from "./connections.mts";

export function soakCases({ tcp, unix, closed }: Connections): Readonly<Record<string, () => unknown>> {
  const request = { socket: tcp };
  const unixFd = fdOfSocket(unix);
  return {
    "getTcpInfo(socket)": () => getTcpInfo(tcp),
    "getTcpInfo(request)": () => getTcpInfo(request),
    "getTcpInfoBytes(socket)": () => getTcpInfoBytes(tcp),
    "tryGetTcpInfo(closed socket)": () => tryGetTcpInfo(closed),
    "tryGetTcpInfo(Unix socket)": () => tryGetTcpInfo(unix),
    "getTcpInfo(closed socket), throws": () => refused(() => getTcpInfo(closed)),
    "getTcpInfo(Unix socket), throws": () => refused(() => getTcpInfo(unix)),
    "getPeerCredentials(socket), asked again": () => getPeerCredentials(unix),
    "getPeerCredentials(fd)": () => getPeerCredentials(unixFd),
    "getPeerIdentity(fd)": () => getPeerIdentity(unixFd),
    "openPeerProcess(socket), closed": () => tryOpenPeerProcess(unix)?.close(),
    "getPeerCredentials(TCP socket), throws": () => refused(() => getPeerCredentials(tcp)),
  };
}

function refused(call: () => unknown): SocketInfoError {
  try {
    call();
  } catch (error) {
    if (error instanceof SocketInfoError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
