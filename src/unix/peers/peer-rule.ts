// The rule about peers: its options, and its verdict about one peer.
import { readFileSync } from "node:fs";
import { isPromise } from "node:util/types";
import {
  Failure,
  getPeerIdentity,
  type PeerCredentials,
  type PeerIdentity,
  type PeerIds,
  readBoolean,
  type Readers,
  readFunction,
  readId,
  readListOf,
  readOptions,
  readString,
  received,
} from "../../core";

/**
 * The peers that may enter. A rule has up to three parts: ids, labels and a check. All parts that it has must admit
 * the peer. A rule without any of them admits no peer.
 *
 * - Ids: one of `uids`, `gids` and `groups` names the peer.
 * - Labels: `labels` contains the peer's label.
 * - Check: `check` returns `true`. Any other value refuses the peer, a promise for instance, and so does an exception.
 */
export interface PeerRule {
  /** Effective user ids. */
  readonly uids?: readonly number[] | undefined;
  /** Effective group ids. */
  readonly gids?: readonly number[] | undefined;
  /** Groups that the peer is a member of, by its effective group id or by a supplementary one. */
  readonly groups?: readonly number[] | undefined;
  /** Whole labels of a security module, as in `securityLabel` of {@link PeerIdentity}. */
  readonly labels?: readonly string[] | undefined;
  /** Called last, for peers that the rest of the rule admits. */
  readonly check?: ((peer: PeerIdentity) => boolean) | undefined;
  /**
   * Accepts the overflow id (65534) as the id of a user or group. In a user namespace it stands for every id that has
   * no mapping. By default, a peer with this user id is refused, and so is a list that contains the id.
   */
  readonly allowOverflowIds?: boolean | undefined;
  /**
   * Admits peers outside of this process's pid namespace: on the host, or in other containers that share the socket.
   * They have no `pid`, but their ids are right.
   */
  readonly allowOtherPidNamespaces?: boolean | undefined;
}

/**
 * Why a peer is refused. `"no-identity"`: the kernel has no record of it (TCP, a stream without a socket, a closed
 * connection). `"overflow-id"`: its user id is the overflow id. `"other-pid-namespace"`: it is outside of this
 * process's pid namespace. `"ids"`, `"label"`, `"check"`: that part of the rule does not admit it. `"check-failed"`:
 * `check` threw, or returned no boolean.
 */
export type RefusalReason =
  | "no-identity"
  | "overflow-id"
  | "other-pid-namespace"
  | "ids"
  | "label"
  | "check"
  | "check-failed";

export interface Verdict {
  readonly reason: RefusalReason;
  /** What reading the identity or `check` threw. */
  readonly error: unknown;
}

/** A copy, so that later changes of the rule admit no other peer. */
export interface CompiledRule {
  readonly uids: ReadonlySet<number>;
  readonly gids: ReadonlySet<number>;
  readonly groups: ReadonlySet<number>;
  readonly labels: ReadonlySet<string> | undefined;
  readonly check: PeerRule["check"];
  readonly hasIds: boolean;
  readonly isEmpty: boolean;
  readonly admitsOtherPidNamespaces: boolean;
  /** `undefined` on systems without user namespaces, and with `allowOverflowIds`. */
  readonly overflowUid: number | undefined;
}

const RULE: Readers<PeerRule> = {
  uids: readListOf(readId),
  gids: readListOf(readId),
  groups: readListOf(readId),
  labels: readListOf(readString),
  check: readFunction,
  allowOverflowIds: readBoolean,
  allowOtherPidNamespaces: readBoolean,
};

export function compileRule(rule: unknown): CompiledRule | Failure {
  const read = readOptions("rule", rule, RULE);
  if (read instanceof Failure) return read;
  const { uids, gids, groups, labels, check, allowOverflowIds, allowOtherPidNamespaces } = read;
  const overflow = allowOverflowIds === true ? {} : overflowIds();
  const failure =
    refuseOverflow("uids", uids, overflow.uid) ??
    refuseOverflow("gids", gids, overflow.gid) ??
    refuseOverflow("groups", groups, overflow.gid);
  if (failure) return failure;
  const hasIds = (uids ?? gids ?? groups) !== undefined;
  return {
    uids: new Set(uids),
    gids: new Set(gids),
    groups: new Set(groups),
    labels: labels && new Set(labels),
    check,
    hasIds,
    admitsOtherPidNamespaces: allowOtherPidNamespaces === true,
    isEmpty: !hasIds && (labels ?? check) === undefined,
    overflowUid: overflow.uid,
  };
}

/** Whether the ids alone admit the peer. */
export function admitsByIds(compiled: CompiledRule, ids: PeerIds): boolean {
  const { check, labels, uids, gids, groups } = compiled;
  if (labels !== undefined || check !== undefined || unreliableIds(compiled, ids) !== undefined) return false;
  return uids.has(ids.uid) || gids.has(ids.gid) || groups.has(ids.gid);
}

/** Returns `undefined` if the peer may enter. If the rule needs more than ids, it reads the identity from `source`. */
export function judge(compiled: CompiledRule, peer: PeerCredentials, source: object): Verdict | undefined {
  const { check, labels, hasIds, isEmpty } = compiled;
  const reason = unreliableIds(compiled, peer);
  if (reason) return refuse(reason);
  if (isEmpty || (hasIds && !namesIds(compiled, peer))) return refuse("ids");
  if (!labels && !check) return undefined;
  try {
    const identity = getPeerIdentity(source as never);
    if (labels && !(identity.securityLabel !== undefined && labels.has(identity.securityLabel))) return refuse("label");
    return check ? judgeCheck(check(identity)) : undefined;
  } catch (error) {
    return refuse("check-failed", error);
  }
}

/** Why the ids or the pid of the peer mean nothing in this process's namespaces. */
function unreliableIds(compiled: CompiledRule, { uid, pid }: PeerIds): RefusalReason | undefined {
  if (uid === compiled.overflowUid) return "overflow-id";
  return pid === undefined && !compiled.admitsOtherPidNamespaces ? "other-pid-namespace" : undefined;
}

function judgeCheck(answer: unknown): Verdict | undefined {
  if (answer === true) return undefined;
  if (answer === false) return refuse("check");
  // An unhandled rejection would end the process, and clients decide when that is.
  if (isPromise(answer)) answer.catch(() => {});
  const message = `The "rule.check" function must return true or false. Received ${received(answer)}`;
  return refuse("check-failed", new TypeError(message));
}

function namesIds({ uids, gids, groups }: CompiledRule, peer: PeerCredentials): boolean {
  if (uids.has(peer.uid) || gids.has(peer.gid) || groups.has(peer.gid)) return true;
  return groups.size > 0 && (peer.groups ?? []).some((gid) => groups.has(gid));
}

function refuse(reason: RefusalReason, error?: unknown): Verdict {
  return { reason, error };
}

/** The ids that stand for every id without a mapping: proc(5), /proc/sys/kernel/overflowuid. */
function overflowIds(): { uid?: number; gid?: number } {
  if (process.platform !== "linux") return {};
  return { uid: readOverflowId("overflowuid"), gid: readOverflowId("overflowgid") };
}

const DEFAULT_OVERFLOW_ID = 65_534;

function readOverflowId(name: string): number {
  try {
    return Number(readFileSync(`/proc/sys/kernel/${name}`, "latin1")) || DEFAULT_OVERFLOW_ID;
  } catch {
    return DEFAULT_OVERFLOW_ID;
  }
}

function refuseOverflow(
  name: string,
  ids: readonly number[] | undefined,
  overflowId: number | undefined,
): Failure | undefined {
  if (overflowId === undefined || !ids?.includes(overflowId)) return undefined;
  return Failure.ofMistake(
    `The "rule.${name}" argument must not contain ${overflowId}, which stands for every id without a mapping. ` +
      "Set allowOverflowIds to accept it as an id",
  );
}
