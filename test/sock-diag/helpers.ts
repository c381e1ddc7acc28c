// Questions about the sockets of a test, and the bytes that sock_diag and getsockopt return.
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
