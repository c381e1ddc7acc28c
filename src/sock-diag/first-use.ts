// The functions of part.ts, which is loaded at the first call.
import { Failure } from "../errors";
import { loadSockDiagPart } from "../parts";
import type { DestroyObserver, DestroySubscription } from "./destroy-events";
import type { DumpOptions, TcpSocketDump } from "./dump-tcp-sockets";
import type { UnixSocketDump } from "./dump-unix-sockets";
import type { TcpSocketId } from "./socket-id";
import type { TcpSocketRow } from "./socket-row";

export function findTcpSocket(id: TcpSocketId): TcpSocketRow | undefined | Failure {
  const part = loadSockDiagPart();
  return part instanceof Failure ? part : part.findTcpSocket(id);
}

export async function dumpTcpSockets(port: number, options?: DumpOptions): Promise<TcpSocketDump | Failure> {
  const part = loadSockDiagPart();
  return part instanceof Failure ? part : part.dumpTcpSockets(port, options);
}

export async function dumpAllTcpSockets(options?: DumpOptions): Promise<TcpSocketDump | Failure> {
  const part = loadSockDiagPart();
  return part instanceof Failure ? part : part.dumpAllTcpSockets(options);
}

export async function dumpUnixSockets(): Promise<UnixSocketDump | Failure> {
  const part = loadSockDiagPart();
  return part instanceof Failure ? part : part.dumpUnixSockets();
}

export function subscribeToDestroyEvents(observer: DestroyObserver): DestroySubscription | Failure {
  const part = loadSockDiagPart();
  return part instanceof Failure ? part : part.subscribeToDestroyEvents(observer);
}
