// getUserId and getGroupId: names → ids, for the rules and options of this folder, which decide by ids.
import { Failure, lookUp, wrongValue } from "../core";

const WHAT = { findUserId: "user", findGroupId: "group" } as const;

/**
 * `getpwnam_r(name)`: the id of a user, for `uids` of a rule. Never waits on the thread of JavaScript; kept for a minute.
 *
 * @returns `undefined` where there is no such user. Rejects with what the directory failed by (syscall `"getpwnam_r"`).
 * @example
 * const uid = await getUserId("postgres");
 * @see getpwnam(3)
 */
export function getUserId(userName: string): Promise<number | undefined> {
  return getId("findUserId", userName, getUserId);
}

/**
 * `getgrnam_r(name)`: the id of a group, for `gids` and `groups` of a rule. As {@link getUserId}.
 *
 * @example
 * allowPeers(server, { groups: [await getGroupId("docker")].filter((gid) => gid !== undefined) });
 * @see getgrnam(3)
 */
export function getGroupId(groupName: string): Promise<number | undefined> {
  return getId("findGroupId", groupName, getGroupId);
}

async function getId(
  question: keyof typeof WHAT,
  name: unknown,
  entry: (name: string) => unknown,
): Promise<number | undefined> {
  const isName = typeof name === "string" && name !== "" && !name.includes("\0");
  const id = isName ? await lookUp(question, name) : wrongValue("name", `be the name of a ${WHAT[question]}`, name);
  if (id instanceof Failure) throw id.toError(entry);
  return id;
}

/** Of an option that may be either. A name that nobody has is a refusal. */
export async function findId(
  question: keyof typeof WHAT,
  idOrName: number | string | undefined,
): Promise<number | undefined | Failure> {
  if (typeof idOrName !== "string") return idOrName;
  const id = idOrName.includes("\0") ? undefined : await lookUp(question, idOrName);
  return id ?? Failure.ofArgument(`there is no ${WHAT[question]} "${idOrName}"`);
}
