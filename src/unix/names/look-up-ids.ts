// lookUpUserId() and lookUpGroupId(): names → ids, for rules and options, which take ids.
import { Failure, wrongValue } from "../../core";
import { lookUpInDirectory } from "./directory";

const KINDS = { findUserId: "user", findGroupId: "group" } as const;

/**
 * `getpwnam_r(name)`: the id of a user, for `uids` of a rule. Never blocks the thread of JavaScript. Keeps results for
 * a minute.
 *
 * @returns `undefined` if there is no such user. Rejects with `ERR_SOCKINFO_INVALID_ARGUMENT`, or with the
 * directory's failure (syscall `"getpwnam_r"`).
 * @example
 * const uid = await lookUpUserId("postgres");
 * @see getpwnam(3)
 */
export function lookUpUserId(userName: string): Promise<number | undefined> {
  return getId("findUserId", userName, lookUpUserId);
}

/**
 * `getgrnam_r(name)`: the id of a group, for `gids` and `groups` of a rule. Never blocks the thread of JavaScript.
 * Keeps results for a minute.
 *
 * @returns `undefined` if there is no such group. Rejects with `ERR_SOCKINFO_INVALID_ARGUMENT`, or with the
 * directory's failure (syscall `"getgrnam_r"`).
 * @example
 * const gid = await lookUpGroupId("docker");
 * if (gid !== undefined) allowPeers(server, { groups: [gid] });
 * @see getgrnam(3)
 */
export function lookUpGroupId(groupName: string): Promise<number | undefined> {
  return getId("findGroupId", groupName, lookUpGroupId);
}

async function getId(
  lookup: keyof typeof KINDS,
  name: unknown,
  entry: (name: string) => unknown,
): Promise<number | undefined> {
  const isName = typeof name === "string" && name !== "" && !name.includes("\0");
  const id = isName
    ? await lookUpInDirectory(lookup, name)
    : wrongValue(`${KINDS[lookup]}Name`, `be the name of a ${KINDS[lookup]}`, name);
  if (id instanceof Failure) throw id.toError(entry);
  return id;
}

/** The id for an option that accepts an id or a name. Refuses a name that does not exist. */
export async function resolveId(
  lookup: keyof typeof KINDS,
  idOrName: number | string | undefined,
  option: string,
): Promise<number | undefined | Failure> {
  if (typeof idOrName !== "string") return idOrName;
  const id = idOrName.includes("\0") ? undefined : await lookUpInDirectory(lookup, idOrName);
  return id ?? wrongValue(option, `be the id or the name of a ${KINDS[lookup]} that exists`, idOrName);
}
