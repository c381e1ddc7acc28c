// What getPeerIdentity gives.
import type { SocketInfoErrorCode } from "../errors";
import type { PeerCredentials } from "./types";

/** What an identity may lack. */
export type PeerIdentityPart = "pid" | "groups" | "securityLabel" | "effectivePid" | "auditToken";

/** Why a part is `undefined`, in the terms of `SocketInfoError`. */
export interface Absence {
  /**
   * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM` (only the other system has it), `…_UNSUPPORTED_KERNEL` (this kernel is older, or has no
   * security module that labels sockets), `…_PEER_NOT_VISIBLE`, `…_PEER_GONE`, or the system's code.
   */
  readonly code: SocketInfoErrorCode | (string & {});
  readonly message: string;
  /** The negative error number of the system call, `undefined` when none failed. */
  readonly errno: number | undefined;
  readonly syscall: string | undefined;
}

/**
 * All that the kernel says of who is at the other end of a Unix socket. Frozen; the same object each time for the same connection.
 *
 * For decisions: `uid`, `gid`, `groups`, `securityLabel`. For logs only: `pid`, `effectivePid`, `auditToken`.
 */
export interface PeerIdentity extends PeerCredentials {
  /**
   * What a security module calls the peer, as of connect(): `"unconfined"` or a profile of AppArmor, a context of SELinux
   * (`"system_u:system_r:sshd_t:s0"`), a label of Smack. `SO_PEERSEC`, Linux 2.6.17. `undefined` where none labels Unix sockets.
   */
  readonly securityLabel: string | undefined;
  /**
   * macOS: the process that the peer acts for, where that has been delegated to it, otherwise the process that last used the socket.
   * `LOCAL_PEEREPID`. For logs. `undefined` on Linux, and when the peer has gone.
   */
  readonly effectivePid: number | undefined;
  /**
   * macOS: who the process that last used the socket is now. `LOCAL_PEERTOKEN`. `undefined` on Linux, and when the peer has gone.
   */
  readonly auditToken: AuditToken | undefined;
  /** Why those parts are `undefined` that are. */
  readonly absent: Readonly<Partial<Record<PeerIdentityPart, Absence>>>;
}

/** `audit_token_t` of macOS (bsm/libbsm.h), of the moment when it was asked for. */
export interface AuditToken {
  /** Who logged in, whatever became of the process; `undefined` for those of the system, which nobody's login started. */
  readonly auditUid: number | undefined;
  /** Effective user id. */
  readonly uid: number;
  /** Effective group id. */
  readonly gid: number;
  readonly realUid: number;
  readonly realGid: number;
  readonly pid: number;
  readonly auditSessionId: number;
  /** Counts the processes that have had this pid, and the programs that they became: with `pid` it names one for good. */
  readonly pidVersion: number;
  /** The token itself, 32 bytes, as the Security framework takes it (`kSecGuestAttributeAudit`). */
  readonly bytes: Uint8Array;
}
