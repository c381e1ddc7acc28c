// source → credentials of its peer. They are read once for each connection.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { checkFd, fdOf, findFd, handleOf, type Handle } from "../source/find-fd";
import { findSocket } from "../source/find-socket";
import { closingLentFds } from "../source/lent-fd";
import { privateSlot, type PrivateSlot } from "../source/private-slot";
import { trackedOfRequest } from "../source/tracked";
import { readDarwinCredentials } from "./darwin";
import { readLinuxCredentials, readLinuxIds } from "./linux";
import type { PeerCredentials, PeerIds } from "./types";

/** Kept with the handle, not the socket: a `net.Socket` may connect again, but a handle has only one connection. */
const known = privateSlot<PeerCredentials>();

export function readPeerCredentials(source: unknown): PeerCredentials | Failure {
  return readOncePerConnection(source, known, readCredentials);
}

/**
 * Also for closed connections, because logs are written when a request has ended: returns the credentials that the
 * connection's tracker has read before the end. Do not use it to decide whether a peer may connect.
 */
export function recallPeerCredentials(source: unknown): PeerCredentials | Failure {
  const credentials = readPeerCredentials(source);
  const isClosed = credentials instanceof Failure && credentials.code === "ERR_SOCKINFO_SOCKET_CLOSED";
  return (isClosed ? trackedOfRequest(source)?.finalPeerCredentials : undefined) ?? credentials;
}

/**
 * The credentials of a connection without its groups. It makes one system call and keeps no result. If the credentials
 * of a connection are read only once, it takes a third of the time of `readPeerCredentials`. Its failures do not have
 * the reason; those of `readPeerCredentials` do. For a listener it returns the ids of the listening end itself, which
 * is harmless: a listener has no other end and no bytes.
 */
export const readPeerIds: (source: object) => PeerIds | Failure = closingLentFds((source) => {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fd = findFd(source);
  if (typeof fd !== "number") return fd;
  return binding.platform === "linux" ? readLinuxIds(binding, fd) : readDarwinCredentials(binding, fd);
});

/** Calls `read` once for each connection; for a descriptor number, each time. */
export const readOncePerConnection: typeof readOnce = closingLentFds(readOnce);

function readOnce<T extends object>(
  source: unknown,
  results: PrivateSlot<T>,
  read: (binding: NativeBinding, fd: number) => T | Failure,
): T | Failure {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  if (typeof source === "number") {
    const fd = checkFd(source);
    return typeof fd === "number" ? read(binding, fd) : fd;
  }
  const socket = findSocket(source);
  if (socket instanceof Failure) return socket;
  const handle = handleOf(socket);
  const fd = fdOf(socket, handle);
  if (typeof fd !== "number") return fd;
  // The descriptor was read from the handle, so there is a handle.
  return results.get(handle as Handle) ?? remember(results, handle as Handle, read(binding, fd));
}

function remember<T extends object>(results: PrivateSlot<T>, handle: Handle, result: T | Failure): T | Failure {
  if (!(result instanceof Failure)) results.set(handle, result);
  return result;
}

function readCredentials(binding: NativeBinding, fd: number): PeerCredentials | Failure {
  const read = binding.platform === "linux" ? readLinuxCredentials : readDarwinCredentials;
  const credentials = read(binding, fd);
  return credentials instanceof Failure ? credentials : Object.freeze(credentials);
}
