// The two sides of a Unix socket: who serves it, and who is connected.
import { statSync } from "node:fs";
import { Failure, loadAddon, type UnixSocketRow, type UnixSocketType } from "../core";
import { clean } from "./clean";
import { findOwners, type Owner } from "./owners";

export interface Server {
  readonly type: UnixSocketType | undefined;
  readonly uid: number | undefined;
  readonly inode: number | undefined;
  readonly acceptQueueLength: number | undefined;
  readonly acceptQueueLimit: number | undefined;
  readonly owners: readonly Owner[];
}

export interface Client {
  /** Who created the socket. Before Linux 5.3, and in another network namespace: the user of its process. */
  readonly uid: number | undefined;
  readonly userName: string | undefined;
  /** Of the client's socket. */
  readonly inode: number;
  /** `"connected"` is for datagrams, which nobody accepts. */
  readonly state: "accepted" | "waiting" | "connected";
  readonly owners: readonly Owner[];
}

export interface Peers {
  /** More than one if the file has several listeners, or if several processes have accepted. */
  readonly servers: readonly Server[];
  readonly clients: readonly Client[];
}

/** @param bound - The rows with the name: of servers, of accepted sockets, and of connections that wait. */
export async function findPeers(bound: readonly UnixSocketRow[], sockets: readonly UnixSocketRow[]): Promise<Peers> {
  const listeners = bound.filter(({ state, type }) => state === "LISTEN" || type === "DGRAM");
  const states = clientStates(bound, sockets);
  const inodes = [...states.keys(), ...listeners.flatMap(({ inode }) => inode ?? [])];
  const owners = findOwners(new Set(inodes));
  const uids = new Map(sockets.map(({ inode, uid }) => [inode, uid]));
  const clients = [...states].map(async ([inode, state]): Promise<Client> => {
    const holders = owners.get(inode) ?? [];
    const uid = uids.get(inode) ?? uidOf(holders[0]);
    return { uid, userName: await nameOf(uid), inode, state, owners: holders };
  });
  return {
    servers: listeners.map(({ type, uid, inode, acceptQueueLength, acceptQueueLimit }) => ({
      type,
      uid,
      inode,
      acceptQueueLength,
      acceptQueueLimit,
      owners: owners.get(inode ?? -1) ?? [],
    })),
    clients: await Promise.all(clients),
  };
}

/** By the inode of the client's socket. */
function clientStates(
  bound: readonly UnixSocketRow[],
  sockets: readonly UnixSocketRow[],
): ReadonlyMap<number, Client["state"]> {
  const states = new Map<number, Client["state"]>();
  for (const { peerInode, inode } of bound) {
    if (peerInode !== undefined) states.set(peerInode, inode === undefined ? "waiting" : "accepted");
  }
  // A server of datagrams has no peer, and its clients have it as theirs.
  const servers = new Set(bound.flatMap(({ inode }) => inode ?? []));
  for (const { inode, peerInode = -1, type } of sockets) {
    if (inode !== undefined && type === "DGRAM" && servers.has(peerInode)) states.set(inode, "connected");
  }
  return states;
}

/** The effective user of a process. */
function uidOf(owner: Owner | undefined): number | undefined {
  if (owner === undefined) return undefined;
  try {
    return statSync(`/proc/${owner.pid}`).uid;
  } catch {
    return undefined;
  }
}

/** By the system's directory. `undefined` if it has no such user, or does not answer. */
async function nameOf(uid: number | undefined): Promise<string | undefined> {
  const binding = loadAddon();
  if (uid === undefined || binding instanceof Failure) return undefined;
  const name = await binding.findUserName(uid);
  return typeof name === "string" ? clean(name) : undefined;
}
