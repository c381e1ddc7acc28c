// A rule about peers, and what it says of one. Pure but for `check`. Used by allow-peers.ts and require-peer.ts.
import { readFileSync } from "node:fs";
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
} from "../../core";

/**
 * Who may enter. Ids, label and check must all agree, as far as the rule has them; a rule without any of them lets nobody in.
 *
 * - Ids: one of `uids`, `gids` and `groups` names the peer.
 * - Label: `labels` has it.
 * - Check: `check` returns `true`, and nothing else. One that throws, or returns a promise, refuses.
 */
export interface PeerRule {
  /** Effective user ids. */
  readonly uids?: readonly number[] | undefined;
  /** Effective group ids. */
  readonly gids?: readonly number[] | undefined;
  /** Groups that the peer is a member of, by its effective group or by a supplementary one. */
  readonly groups?: readonly number[] | undefined;
  /** Labels of a security module, whole, as `securityLabel` has them. */
  readonly labels?: readonly string[] | undefined;
  /** Called last, for peers that all else of the rule admits. */
  readonly check?: ((peer: PeerIdentity) => boolean) | undefined;
  /**
   * Takes 65534 for the id of a user or group. Without it a peer with this user id is refused, and no list may have it: in a user
   * namespace it stands for every id that has no mapping there.
   */
  readonly allowOverflowIds?: boolean | undefined;
  /**
   * Admits peers outside of this process's pid namespace, which have no `pid`: from the host or from other containers that share the
   * socket. Their ids are right all the same.
   */
  readonly allowOtherPidNamespaces?: boolean | undefined;
}

/**
 * Why a peer may not enter: the kernel names no peer (`"no-identity"`: TCP, a stream without a socket, closed); its user id is the overflow id;
 * it is outside of our pid namespace; or ids, label or check say so (`"check-failed"`: it threw, or returned no boolean).
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
  /** What came in the way: of reading the identity, or of `check`. */
  readonly error: unknown;
}

/** A copy, so that nothing that becomes of the rule lets anybody in. */
export interface CompiledRule {
  readonly uids: ReadonlySet<number>;
  readonly gids: ReadonlySet<number>;
  readonly groups: ReadonlySet<number>;
  readonly labels: ReadonlySet<string> | undefined;
  readonly check: PeerRule["check"];
  readonly hasIds: boolean;
  readonly isEmpty: boolean;
  readonly admitsOtherPidNamespaces: boolean;
  /** None on systems that have no user namespaces. */
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

/** Whether the ids are enough, and there is no need to know more. */
export function admitsByIds(compiled: CompiledRule, ids: PeerIds): boolean {
  const { check, labels, uids, gids, groups } = compiled;
  if (labels !== undefined || check !== undefined || strangeness(compiled, ids) !== undefined) return false;
  return uids.has(ids.uid) || gids.has(ids.gid) || groups.has(ids.gid);
}

/** `undefined`: may enter. `source` is what the identity is asked of, where the rule wants more than ids. */
export function judge(compiled: CompiledRule, peer: PeerCredentials, source: object): Verdict | undefined {
  const { check, labels, hasIds, isEmpty } = compiled;
  const stranger = strangeness(compiled, peer);
  if (stranger) return refuse(stranger);
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

/** Whose ids or pid say nothing here. */
function strangeness(compiled: CompiledRule, { uid, pid }: PeerIds): RefusalReason | undefined {
  if (uid === compiled.overflowUid) return "overflow-id";
  return pid === undefined && !compiled.admitsOtherPidNamespaces ? "other-pid-namespace" : undefined;
}

function judgeCheck(answer: unknown): Verdict | undefined {
  if (answer === true) return undefined;
  if (answer === false) return refuse("check");
  return refuse("check-failed", new TypeError("check() returned neither true nor false"));
}

function namesIds({ uids, gids, groups }: CompiledRule, peer: PeerCredentials): boolean {
  if (uids.has(peer.uid) || gids.has(peer.gid) || groups.has(peer.gid)) return true;
  return groups.size > 0 && (peer.groups ?? []).some((gid) => groups.has(gid));
}

function refuse(reason: RefusalReason, error?: unknown): Verdict {
  return { reason, error };
}

/** The ids that stand for all that have no mapping: proc(5), /proc/sys/kernel/overflowuid. */
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
    `The "rule.${name}" argument must not have ${overflowId}, which stands for every id without a mapping. ` +
      "With allowOverflowIds it is taken for an id",
  );
}
