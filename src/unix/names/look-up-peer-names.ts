// lookUpPeerNames(): ids → names.
import { Failure, type PeerCredentials, recallPeerCredentials, type SocketSource } from "../../core";
import { lookUpInDirectory } from "./directory";

/** The names of a peer's ids in the system's directory. For people: in code, decide by the ids. */
export interface PeerNames {
  /** `undefined` if no user has the id. */
  readonly userName: string | undefined;
  /** `undefined` if no group has the id. */
  readonly groupName: string | undefined;
}

/**
 * `getpwuid_r(uid)` and `getgrgid_r(gid)`: the names of a peer's ids.
 *
 * The directory of users may be a slow service on the network, so this never blocks the thread of JavaScript. All
 * lookups together occupy one thread of libuv's pool. Results are kept for a minute, including those for unknown ids.
 *
 * @param peer - A source that `getPeerCredentials` takes: the ids are read from the kernel. Or a plain object with an
 * own `uid` and `gid`, such as credentials and identities.
 * @returns Rejects with the errors of `getPeerCredentials`, and with the directory's failures (`EIO`, `ETIMEDOUT`, …,
 * with the syscall `"getpwuid_r"` or `"getgrgid_r"`).
 * @example
 * const { userName } = await lookUpPeerNames(req);
 * @see getpwuid(3), nsswitch.conf(5)
 */
export async function lookUpPeerNames(peer: SocketSource | Pick<PeerCredentials, "uid" | "gid">): Promise<PeerNames> {
  const ids = readIds(peer);
  if (ids instanceof Failure) throw ids.toError(lookUpPeerNames);
  const names = await Promise.all([
    lookUpInDirectory("findUserName", ids.uid),
    lookUpInDirectory("findGroupName", ids.gid),
  ]);
  const [userName, groupName] = names;
  if (userName instanceof Failure) throw userName.toError(lookUpPeerNames);
  if (groupName instanceof Failure) throw groupName.toError(lookUpPeerNames);
  return { userName, groupName };
}

type Ids = Pick<PeerCredentials, "uid" | "gid">;

/** If there is or was a socket, only the kernel's record counts. A request's own `uid` may come from the client. */
function readIds(peer: unknown): Ids | Failure {
  const credentials = recallPeerCredentials(peer);
  if (!(credentials instanceof Failure) || credentials.code !== "ERR_SOCKINFO_NO_SOCKET") return credentials;
  try {
    return ownIds(peer as object) ?? credentials;
  } catch {
    // A proxy or a getter threw.
    return credentials;
  }
}

/** The own ids of a plain object, of any realm. Inherited ids could come from a polluted prototype. */
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
