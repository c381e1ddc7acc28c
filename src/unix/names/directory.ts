// Looks up names and ids of users and groups in the system's directory. A directory in files is quick, but a service
// (LDAP, Active Directory) may be slow or hang. So at most one lookup runs at a time, on a thread of libuv's pool, and
// results are kept for a minute.
import { Failure, loadAddon } from "../../core";

/** The C function of each lookup, for error messages. */
const C_FUNCTIONS = {
  findUserName: "getpwuid_r",
  findGroupName: "getgrgid_r",
  findUserId: "getpwnam_r",
  findGroupId: "getgrnam_r",
} as const;

type Lookup = keyof typeof C_FUNCTIONS;
type Result<L extends Lookup> = L extends "findUserName" | "findGroupName" ? string : number;
type NameOrId<L extends Lookup> = L extends "findUserName" | "findGroupName" ? number : string;

const LONE_SURROGATE = /\p{Surrogate}/u;
const KEPT_MS = 60_000;
const MAX_KEPT = 1000;

interface Kept {
  readonly result: Promise<string | number | undefined | Failure>;
  readonly until: number;
}

/** In the order in which the lookups began. */
const kept = new Map<string, Kept>();

let lastLookup: Promise<unknown> = Promise.resolve();

/** Resolves with `undefined` if the directory has no such name or id. */
export function lookUpInDirectory<L extends Lookup>(
  lookup: L,
  nameOrId: NameOrId<L>,
): Promise<Result<L> | undefined | Failure> {
  // In UTF-8 a lone surrogate would become U+FFFD, and so another name.
  if (LONE_SURROGATE.test(String(nameOrId))) return Promise.resolve(undefined);
  const key = `${lookup} ${nameOrId}`;
  const now = performance.now();
  const known = kept.get(key);
  if (known && known.until > now) return known.result as Promise<Result<L> | undefined>;
  const result = runAfterOthers(lookup, nameOrId);
  kept.delete(key);
  kept.set(key, { result, until: now + KEPT_MS });
  for (const oldest of kept.keys()) {
    if (kept.size <= MAX_KEPT) break;
    kept.delete(oldest);
  }
  void forgetFailure(key, result);
  return result as Promise<Result<L> | undefined>;
}

/** Failures are not kept, because the next lookup may succeed. */
async function forgetFailure(key: string, result: Kept["result"]): Promise<void> {
  if ((await result) instanceof Failure && kept.get(key)?.result === result) kept.delete(key);
}

async function runAfterOthers(
  lookup: Lookup,
  nameOrId: string | number,
): Promise<string | number | undefined | Failure> {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const find = binding[lookup] as (nameOrId: string | number) => Promise<string | number | undefined>;
  const running = lastLookup.then(() => find(nameOrId));
  lastLookup = running;
  const result = await running;
  return typeof result === "number" && result < 0 ? Failure.ofSystem(result, C_FUNCTIONS[lookup]) : result;
}
