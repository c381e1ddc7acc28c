// Looks up names and ids of users and groups in the system's directory. Files answer at once, but a service (LDAP,
// Active Directory) may be slow or hang. So at most one lookup runs, on a thread of libuv's pool, and answers are
// kept for a minute.
import { Failure, loadAddon } from "../../core";

/** The C functions, for error messages. */
const CALLS = {
  findUserName: "getpwuid_r",
  findGroupName: "getgrgid_r",
  findUserId: "getpwnam_r",
  findGroupId: "getgrnam_r",
} as const;

type Question = keyof typeof CALLS;
type Answer<Q extends Question> = Q extends "findUserName" | "findGroupName" ? string : number;
type Subject<Q extends Question> = Q extends "findUserName" | "findGroupName" ? number : string;

const LONE_SURROGATE = /\p{Surrogate}/u;
const KEPT_MS = 60_000;
const MAX_KEPT = 1000;

interface Kept {
  readonly answer: Promise<string | number | undefined | Failure>;
  readonly until: number;
}

/** In the order of the lookups. */
const kept = new Map<string, Kept>();

let lastLookup: Promise<unknown> = Promise.resolve();

/** Resolves with `undefined` if the directory has no such name or id. */
export function askDirectory<Q extends Question>(
  question: Q,
  subject: Subject<Q>,
): Promise<Answer<Q> | undefined | Failure> {
  // In UTF-8 it would become U+FFFD, which is another name.
  if (LONE_SURROGATE.test(String(subject))) return Promise.resolve(undefined);
  const key = `${question} ${subject}`;
  const now = performance.now();
  const known = kept.get(key);
  if (known && known.until > now) return known.answer as Promise<Answer<Q> | undefined>;
  const answer = ask(question, subject);
  kept.delete(key);
  kept.set(key, { answer, until: now + KEPT_MS });
  for (const [oldest] of kept) if (kept.size > MAX_KEPT) kept.delete(oldest);
  void forgetFailure(key, answer);
  return answer as Promise<Answer<Q> | undefined>;
}

/** Failures are not kept: the next lookup may succeed. */
async function forgetFailure(key: string, answer: Kept["answer"]): Promise<void> {
  if ((await answer) instanceof Failure && kept.get(key)?.answer === answer) kept.delete(key);
}

async function ask(question: Question, subject: string | number): Promise<string | number | undefined | Failure> {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const lookup = lastLookup.then(() =>
    (binding[question] as (about: typeof subject) => Promise<string | number | undefined>)(subject),
  );
  lastLookup = lookup;
  const answer = await lookup;
  return typeof answer === "number" && answer < 0 ? Failure.ofSystem(answer, CALLS[question]) : answer;
}
