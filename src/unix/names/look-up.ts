// Names ↔ ids of users and groups, as the system's directory has them. Files answer at once, a service (LDAP, Active Directory) may take
// long or hang: so never more than one question is under way, on a thread of libuv's pool, and answers are kept for a while.
import { Failure, loadAddon } from "../../core";

/** The call of the C library that answers. */
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

/** In the order in which they were asked. */
const kept = new Map<string, Kept>();

let last: Promise<unknown> = Promise.resolve();

/** `undefined`: the directory has none. */
export function lookUp<Q extends Question>(question: Q, subject: Subject<Q>): Promise<Answer<Q> | undefined | Failure> {
  // It would be asked about with U+FFFD in the place of what is no character.
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

/** The next one may have more luck. */
async function forgetFailure(key: string, answer: Kept["answer"]): Promise<void> {
  if ((await answer) instanceof Failure && kept.get(key)?.answer === answer) kept.delete(key);
}

async function ask(question: Question, subject: string | number): Promise<string | number | undefined | Failure> {
  const binding = loadAddon();
  if (binding instanceof Failure) return binding;
  const mine = last.then(() =>
    (binding[question] as (about: typeof subject) => Promise<string | number | undefined>)(subject),
  );
  last = mine;
  const answer = await mine;
  return typeof answer === "number" && answer < 0 ? Failure.ofSystem(answer, CALLS[question]) : answer;
}
