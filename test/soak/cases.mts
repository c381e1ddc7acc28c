// The calls that the soak repeats, with sources that are read and with sources that are refused.
import {
  getFd,
  getPeerCredentials,
  getPeerIdentity,
  getTcpInfo,
  getTcpInfoBytes,
  SocketInfoError,
  tryGetTcpInfo,
  tryOpenPeerProcess,
} from "sockinfo";
import type { Connections } from "./connections.mts";

export function soakCases({ tcp, unix, closed }: Connections): Readonly<Record<string, () => unknown>> {
  const request = { socket: tcp };
  const unixFd = getFd(unix);
  return {
    "getTcpInfo(socket)": () => getTcpInfo(tcp),
    "getTcpInfo(request)": () => getTcpInfo(request),
    "getTcpInfoBytes(socket)": () => getTcpInfoBytes(tcp),
    "tryGetTcpInfo(closed socket)": () => tryGetTcpInfo(closed),
    "tryGetTcpInfo(Unix socket)": () => tryGetTcpInfo(unix),
    "getTcpInfo(closed socket), throws": () => refused(() => getTcpInfo(closed)),
    "getTcpInfo(Unix socket), throws": () => refused(() => getTcpInfo(unix)),
    "getPeerCredentials(socket), repeated": () => getPeerCredentials(unix),
    "getPeerCredentials(fd)": () => getPeerCredentials(unixFd),
    "getPeerIdentity(fd)": () => getPeerIdentity(unixFd),
    "tryOpenPeerProcess(socket), closed": () => tryOpenPeerProcess(unix)?.close(),
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
  throw new Error("the call was not refused");
}
