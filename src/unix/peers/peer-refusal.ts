// Applies a rule to a connection, and describes a refused peer for the caller.
import { Failure, type PeerCredentials, readPeerCredentials, readPeerIds } from "../../core";
import { describePeer } from "./describe-peer";
import { admitsByIds, type CompiledRule, judge, type RefusalReason } from "./peer-rule";

/** A refused peer: the argument of listeners for `'refused'` of a gate, and of `onRefused` of {@link requirePeer}. */
export interface PeerRefusal {
  readonly reason: RefusalReason;
  /** `undefined` if the kernel has no record of the peer. */
  readonly peer: PeerCredentials | undefined;
  /** For logs: `"unix:uid=1000,pid=4242"`, see {@link describePeer}. */
  readonly description: string;
  /** Why the identity could not be read, or what `check` threw. Otherwise `undefined`. */
  readonly error: unknown;
}

/** Returns `undefined` if the peer may enter. Never throws. */
export function findRefusal(rule: CompiledRule, source: object): PeerRefusal | undefined {
  // The fast path: most peers are admitted by the ids that one system call returns.
  const ids = readPeerIds(source);
  if (!(ids instanceof Failure) && admitsByIds(rule, ids)) return undefined;
  const peer = readPeerCredentials(source);
  if (peer instanceof Failure) {
    const error = peer.toError(findRefusal);
    return { reason: "no-identity", peer: undefined, description: describePeer(source as never), error };
  }
  const verdict = judge(rule, peer, source);
  return verdict && { ...verdict, peer, description: describePeer(source as never) };
}
