// --json: what scripts read. docs/cli.md has the schema of each command.
import type { TcpSocketRow } from "../core";
import type { Owner } from "./owners";

/** Grows when a key changes its meaning or goes away. New keys do not change it. */
const VERSION = 1;

/**
 * One line of JSON. Keys without a value are left out, and `Infinity` ("no limit") is null, as in TCP_INFO of
 * docs/tcp-info.md. A cookie is hexadecimal, as ss(8) prints it.
 */
export function jsonLine(value: object): string {
  const line = { version: VERSION, takenAt: new Date().toISOString(), ...value };
  return JSON.stringify(line, (_, each: unknown) => (typeof each === "bigint" ? each.toString(16) : each));
}

export function listenerJson(row: TcpSocketRow, owners: readonly Owner[]): object {
  const { local, cookie, acceptQueueLength, acceptQueueLimit, droppedSyns, uid, inode } = row;
  const acceptQueueFullRatio = fullRatio(row);
  return { local, acceptQueueLength, acceptQueueLimit, acceptQueueFullRatio, droppedSyns, uid, inode, cookie, owners };
}

export function connectionJson(row: TcpSocketRow, owners: readonly Owner[]): object {
  const { local, remote, state, cookie, unreadBytes, unacknowledgedBytes, uid, inode } = row;
  const { timer, timerExpiresMs, timerFiredCount, tcpInfo } = row;
  const timing = { timer, timerExpiresMs, timerFiredCount };
  return { local, remote, state, unreadBytes, unacknowledgedBytes, ...timing, uid, inode, cookie, owners, tcpInfo };
}

/** 0 is empty, 1 is full. Linux adds a connection while the queue is not longer than its limit. */
export function fullRatio({ acceptQueueLength = 0, acceptQueueLimit = 0 }: TcpSocketRow): number {
  return Math.min(1, acceptQueueLength / (acceptQueueLimit + 1));
}
