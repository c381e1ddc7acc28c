// Questions about the sockets of a test, and the bytes that sock_diag and getsockopt return.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Socket } from "node:net";
import { getFd } from "sockinfo";
import type { NativeBinding } from "../../src/addon/native-binding";
import type { TcpSocketId } from "../../src/sock-diag/socket-id";
import type { TcpSocketRow } from "../../src/sock-diag/socket-row";
import type { Failure } from "../../src/errors";
import { core } from "../helpers/core";

/** The native module of dist/core.js, whose buffer findTcpSocket() uses. */
export const binding: NativeBinding = orThrow(core.loadAddon());

export function orThrow<T>(value: T): Exclude<T, Failure> {
  if (value instanceof core.Failure) throw value.toError();
  return value as Exclude<T, Failure>;
}

export const cookieOf = (socket: Socket): bigint => orThrow(core.readCookie(binding, getFd(socket)));

export function idOf(socket: Socket, cookie: bigint | undefined = cookieOf(socket)): TcpSocketId {
  return {
    local: { address: socket.localAddress as string, port: socket.localPort as number },
    remote: { address: socket.remoteAddress as string, port: socket.remotePort as number },
    cookie,
  };
}

export const find = (id: TcpSocketId): TcpSocketRow | undefined => orThrow(core.findTcpSocket(id));

/** How many sockets of NETLINK_SOCK_DIAG this process has. */
export function countDiagSockets(): number {
  // The columns "sk Eth Pid … Inode". Eth is the protocol.
  const rows = readFileSync("/proc/net/netlink", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const inodes = new Set(rows.filter(([, protocol]) => protocol === "4").map((row) => row.at(-1)));
  return readdirSync("/proc/self/fd").filter((fd) => inodes.has(inodeOf(fd))).length;
}

function inodeOf(fd: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    return undefined; // The descriptor by which the folder was read.
  }
}
