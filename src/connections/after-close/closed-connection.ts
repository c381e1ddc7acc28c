// What is known about a connection when its descriptor is closed.
import type { Server } from "node:net";
import { handleOf, type LinuxTcpInfo } from "../../core";
import type { ConnectionRecord } from "../connection";

/** The facts that decide the outcome, together with the kernel's last TCP_INFO. */
export interface ClosedConnection {
  readonly connection: ConnectionRecord;
  readonly server: Server;
  readonly closedMs: number;
  /** TCP_INFO just before the descriptor was closed. */
  readonly before: LinuxTcpInfo;
  /** Bytes that Node had read. */
  readonly bytesRead: number;
  /** Bytes that Node had not yet written. */
  readonly unwrittenBytes: number;
  /** Whether this side had ended its half, so that a FIN was queued. */
  readonly hasEnded: boolean;
}

/** Must be called while the descriptor is open. */
export function noteClosed(connection: ConnectionRecord, before: LinuxTcpInfo): ClosedConnection {
  const { socket, server } = connection;
  return {
    connection,
    server,
    closedMs: connection.closedMs ?? performance.now(),
    before,
    bytesRead: socket.bytesRead,
    unwrittenBytes: countUnwritten(connection),
    hasEnded: socket.writableFinished,
  };
}

/** The parts of Node's handle that its documentation does not have. */
interface StreamHandle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

/**
 * Bytes in the buffer of the stream, and in libuv's queue. Node counts a write as written when it has handed it to
 * libuv. What a TLS socket or an HTTP/2 session holds back is not counted.
 */
function countUnwritten({ socket }: ConnectionRecord): number {
  const { bytesWritten = NaN, writeQueueSize = NaN } = (handleOf(socket) ?? {}) as StreamHandle;
  const unwritten = socket.bytesWritten - bytesWritten + writeQueueSize;
  return unwritten > 0 ? unwritten : 0;
}
