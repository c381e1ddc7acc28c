// fd → credentials, by the layout of this system; and source → what is asked about its connection, once for each. Used by
// get-peer-credentials.ts and get-peer-identity.ts. The way on is linux.ts, darwin.ts.
import { loadAddon } from "../addon/load";
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { checkFd, fdOf, findFd, handleOf, type Handle } from "../source/find-fd";
import { findSocket } from "../source/find-socket";
import { trackedOfRequest } from "../source/tracked";
import { readDarwinCredentials } from "./darwin";
import { readLinuxCredentials, readLinuxIds } from "./linux";
import type { PeerCredentials, PeerIds } from "./types";

/** By handle, not by socket: a `net.Socket` may connect anew, a handle is one connection for all its life. */
type Known<T> = WeakMap<Handle, T>;

const known: Known<PeerCredentials> = new WeakMap();

export function readPeerCredentials(source: unknown): PeerCredentials | Failure {
  return askOnce(source, known, readCredentials);
}

/**
 * For logs, which are written when a request has ended: on a closed connection, the last reading of its tracker. The
 * gates don't use this.
 */
export function recallPeerCredentials(source: unknown): PeerCredentials | Failure {
  const credentials = readPeerCredentials(source);
  const isClosed = credentials instanceof Failure && credentials.code === "ERR_SOCKINFO_SOCKET_CLOSED";
  return (isClosed ? trackedOfRequest(source)?.finalPeerCredentials : undefined) ?? credentials;
}

/**
 * Of a connection, without groups, by one system call, and kept by nobody: a third of the time for one that is not asked about again. A refusal
 * does not say why; that does `readPeerCredentials`. Of a listener these are its own, but it has no other end and no bytes.
 */
export function readPeerIds(source: object): PeerIds | Failure {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const fd = findFd(source);
  if (typeof fd !== "number") return fd;
  return binding.platform === "linux" ? readLinuxIds(binding, fd) : readDarwinCredentials(binding, fd);
}

/** A source that is a descriptor number is asked about each time. */
export function askOnce<T extends object>(
  source: unknown,
  answers: Known<T>,
  ask: (binding: NativeBinding, fd: number) => T | Failure,
): T | Failure {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  if (typeof source === "number") {
    const fd = checkFd(source);
    return typeof fd === "number" ? ask(binding, fd) : fd;
  }
  const socket = findSocket(source);
  if (socket instanceof Failure) return socket;
  const handle = handleOf(socket);
  const fd = fdOf(socket, handle);
  if (typeof fd !== "number") return fd;
  // A live descriptor was read from it, so there is a handle.
  return answers.get(handle as Handle) ?? remember(answers, handle as Handle, ask(binding, fd));
}

function remember<T extends object>(answers: Known<T>, handle: Handle, answer: T | Failure): T | Failure {
  if (!(answer instanceof Failure)) answers.set(handle, answer);
  return answer;
}

function readCredentials(binding: NativeBinding, fd: number): PeerCredentials | Failure {
  const read = binding.platform === "linux" ? readLinuxCredentials : readDarwinCredentials;
  const credentials = read(binding, fd);
  if (credentials instanceof Failure) return credentials;
  if (credentials.groups) Object.freeze(credentials.groups);
  return Object.freeze(credentials);
}
