// What limits the connection of each client, by diagnoseTcp.
import type { Socket } from "node:net";
import { diagnoseTcp, type TcpDiagnosis, type TcpInfo, tryGetTcpInfo } from "sockinfo";

interface Reading {
  readonly socket: Socket;
  readonly info: TcpInfo;
  readonly atMs: number;
  readonly pendingBytes: number;
}

export class Verdicts {
  readonly #sockets: (Socket | undefined)[] = [];
  readonly #readings: (Reading | undefined)[] = [];
  readonly #diagnoses: (TcpDiagnosis | undefined)[] = [];

  /** The client has asked over this socket. */
  follow(client: number, socket: Socket): void {
    this.#sockets[client] = socket;
  }

  /** `undefined` until there are two readings of one connection. */
  of(client: number): TcpDiagnosis | undefined {
    return this.#diagnoses[client];
  }

  /** Reads all connections, and compares them with their readings of the previous call. */
  renew(): void {
    for (const [client, socket] of this.#sockets.entries()) {
      const before = this.#readings[client];
      const after = socket && read(socket);
      this.#readings[client] = after;
      this.#diagnoses[client] = before && after && before.socket === after.socket ? compare(before, after) : undefined;
    }
  }
}

function read(socket: Socket): Reading | undefined {
  const info = tryGetTcpInfo(socket);
  return info && { socket, info, atMs: performance.now(), pendingBytes: socket.writableLength };
}

function compare(before: Reading, after: Reading): TcpDiagnosis {
  return diagnoseTcp(before.info, after.info, {
    intervalMs: after.atMs - before.atMs,
    pendingBytes: Math.min(before.pendingBytes, after.pendingBytes),
  });
}
