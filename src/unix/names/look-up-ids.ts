// lookUpUserId and lookUpGroupId: names → ids, for the rules and options of this folder, which decide by ids.
import { Failure, wrongValue } from "../../core";
import { lookUp } from "./look-up";

const WHAT = { findUserId: "user", findGroupId: "group" } as const;

/**
 * `getpwnam_r(name)`: the id of a user, for `uids` of a rule. Never waits on the thread of JavaScript; kept for a minute.
 *
 * @returns `undefined` where there is no such user. Rejects with what the directory failed by (syscall `"getpwnam_r"`).
 * @example
 * const uid = await lookUpUserId("postgres");
 * @see getpwnam(3)
 */
export function lookUpUserId(userName: string): Promise<number | undefined> {
  return getId("findUserId", userName, lookUpUserId);
}

/**
 * `getgrnam_r(name)`: the id of a group, for `gids` and `groups` of a rule. As {@link lookUpUserId}.
 *
 * @example
 * allowPeers(server, { groups: [await lookUpGroupId("docker")].filter((gid) => gid !== undefined) });
 * @see getgrnam(3)
 */
export function lookUpGroupId(groupName: string): Promise<number | undefined> {
  return getId("findGroupId", groupName, lookUpGroupId);
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
