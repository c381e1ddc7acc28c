// What is told of a peer that may not enter. Used by allow-peers.ts and require-peer.ts.
import { Failure, type PeerCredentials, readPeerCredentials, readPeerIds } from "../../core";
import { describePeer } from "./describe-peer";
import { admitsByIds, type CompiledRule, judge, type RefusalReason } from "./peer-rule";

export interface PeerRefusal {
  readonly reason: RefusalReason;
  /** `undefined` where the kernel names nobody. */
  readonly peer: PeerCredentials | undefined;
  /** For logs: `"unix:uid=1000,pid=4242"`, see {@link describePeer}. */
  readonly description: string;
  /** Why there is no identity, or what `check` threw; otherwise `undefined`. */
  readonly error: unknown;
}

/** `undefined`: may enter. Never throws. */
export function refusalOf(rule: CompiledRule, source: object): PeerRefusal | undefined {
  // Most come in by the ids that one system call gives; all else is for the others.
  const ids = readPeerIds(source);
  if (!(ids instanceof Failure) && admitsByIds(rule, ids)) return undefined;
  const peer = readPeerCredentials(source);
  if (peer instanceof Failure) {
    const error = peer.toError(refusalOf);
    return { reason: "no-identity", peer: undefined, description: describePeer(source as never), error };
  }
  const verdict = judge(rule, peer, source);
  return verdict && { ...verdict, peer, description: describePeer(source as never) };
}
