// What getPeerCredentials gives.

/** Who is at the other end of a Unix socket. Frozen; the same object each time for the same connection. */
export interface PeerCredentials {
  /**
   * Effective user id of the peer. 65534 may stand for an id that has no mapping in our user namespace (Linux): it is then
   * the same for all of those, so never grant anything to it.
   */
  readonly uid: number;
  /** Effective group id of the peer. 65534 as for `uid`. */
  readonly gid: number;
  /**
   * Process id of the peer. For logs: process ids are reused, so another process may have it by now. `undefined` when the
   * peer is outside our pid namespace (Linux, where the kernel says 0) or has gone already (macOS, where it is that of the
   * last process that used the socket).
   */
  readonly pid: number | undefined;
  /**
   * Supplementary group ids of the peer, a frozen list; `gid` need not be among them. On macOS at most 15.
   * `undefined` before Linux 4.13.
   */
  readonly groups: readonly number[] | undefined;
}

/** What of them one system call tells, for who has to be quick. */
export type PeerIds = Pick<PeerCredentials, "uid" | "gid" | "pid">;
