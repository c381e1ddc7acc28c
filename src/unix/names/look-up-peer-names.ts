// lookUpPeerNames: ids → names.
import { Failure, type PeerCredentials, recallPeerCredentials, type SocketSource } from "../../core";
import { lookUp } from "./look-up";

/** What the system's directory calls the ids of a peer. For people to read: decide by the ids. */
export interface PeerNames {
  /** `undefined` where no user has the id. */
  readonly userName: string | undefined;
  /** `undefined` where no group has the id. */
  readonly groupName: string | undefined;
}

/**
 * `getpwuid_r(uid)` and `getgrgid_r(gid)`: the names of a peer's ids.
 *
 * The directory of users may be a service on the network, which takes its time. So this never waits on the thread of JavaScript, has no more
 * than one thread of libuv's pool wait, whatever is asked, and keeps what it was told, also that there is no such id, for a minute.
 *
 * @param peer - What `getPeerCredentials` takes: the kernel is asked. Or a plain object with an own `uid` and `gid`, as credentials and
 * identities are.
 * @returns Rejects with what `getPeerCredentials` throws, and with the directory's failures (`EIO`, `ETIMEDOUT`, …; syscall `"getpwuid_r"`).
 * @example
 * const { userName } = await lookUpPeerNames(req);
 * @see getpwuid(3), nsswitch.conf(5)
 */
export async function lookUpPeerNames(peer: SocketSource | Pick<PeerCredentials, "uid" | "gid">): Promise<PeerNames> {
  const ids = readIds(peer);
  if (ids instanceof Failure) throw ids.toError(lookUpPeerNames);
  const names = await Promise.all([lookUp("findUserName", ids.uid), lookUp("findGroupName", ids.gid)]);
  const [userName, groupName] = names;
  if (userName instanceof Failure) throw userName.toError(lookUpPeerNames);
  if (groupName instanceof Failure) throw groupName.toError(lookUpPeerNames);
  return { userName, groupName };
}

type Ids = Pick<PeerCredentials, "uid" | "gid">;

/** Where there is a socket, or was one, only the kernel's word counts: a request's own `uid` may be the client's. */
function readIds(peer: unknown): Ids | Failure {
  const credentials = recallPeerCredentials(peer);
  if (!(credentials instanceof Failure) || credentials.code !== "ERR_SOCKINFO_NO_SOCKET") return credentials;
  try {
    return ownIds(peer as object) ?? credentials;
  } catch {
    // A proxy or a getter.
    return credentials;
  }
}

/** Own ids of a plain object, of any realm. Inherited ids could come from a polluted prototype. */
function ownIds(value: object): Ids | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain || !Object.hasOwn(value, "uid") || !Object.hasOwn(value, "gid")) return undefined;
  const { uid, gid } = value as Ids;
  return isId(uid) && isId(gid) ? { uid, gid } : undefined;
}

function isId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;
}
