// The result of getPeerCredentials.

/** The process at the other end of a Unix socket. The object is frozen, and the same each time for one connection. */
export interface PeerCredentials {
  /**
   * Effective user id of the peer. On Linux 65534 may stand for an id without a mapping in our user namespace. All
   * such ids look the same, so never grant anything to 65534.
   */
  readonly uid: number;
  /** Effective group id of the peer. 65534 has the same meaning as for `uid`. */
  readonly gid: number;
  /**
   * Process id of the peer. For logs only: process ids are reused, so another process may have it by now. On macOS it
   * is the process that last used the socket. `undefined` on Linux when the peer is outside our pid namespace (the
   * kernel reports 0), and on macOS when the peer has gone.
   */
  readonly pid: number | undefined;
  /**
   * Supplementary group ids of the peer, a frozen list. `gid` need not be among them. At most 15 on macOS.
   * `undefined` before Linux 4.13.
   */
  readonly groups: readonly number[] | undefined;
}

/** The part of the credentials that one system call returns. For hot paths. */
export type PeerIds = Pick<PeerCredentials, "uid" | "gid" | "pid">;
