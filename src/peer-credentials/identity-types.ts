// The result of getPeerIdentity.
import type { SocketInfoErrorCode } from "../errors";
import type { PeerCredentials } from "./types";

/** The parts that an identity may lack. */
export type PeerIdentityPart = "pid" | "groups" | "securityLabel" | "effectivePid" | "auditToken";

/** The reason why a part is `undefined`, with the properties of a `SocketInfoError`. */
export interface Absence {
  /**
   * `ERR_SOCKINFO_UNSUPPORTED_PLATFORM` (this system does not have it), `…_UNSUPPORTED_KERNEL` (this kernel is too
   * old, or has no security module that labels sockets), `…_PEER_NOT_VISIBLE`, `…_PEER_GONE`, or the system's code.
   */
  readonly code: SocketInfoErrorCode | (string & {});
  readonly message: string;
  /** The negative error number of the system call. `undefined` when no system call failed. */
  readonly errno: number | undefined;
  /** The system call that failed. `undefined` when no system call failed. */
  readonly syscall: string | undefined;
}

/**
 * Everything that the kernel reports about the process at the other end of a Unix socket. The object is frozen, and
 * the same each time for the same connection.
 *
 * Use `uid`, `gid`, `groups` and `securityLabel` for decisions; `pid`, `effectivePid` and `auditToken` for logs only.
 */
export interface PeerIdentity extends PeerCredentials {
  /**
   * The security module's label of the peer at the time of connect(): `"unconfined"` or a profile of AppArmor, a
   * context of SELinux (`"system_u:system_r:sshd_t:s0"`), a label of Smack. `SO_PEERSEC`, Linux 2.6.17. `undefined`
   * on macOS, and where no security module labels Unix sockets.
   */
  readonly securityLabel: string | undefined;
  /**
   * macOS: the pid of the process that the peer acts for, if a process has delegated this to the peer; otherwise that
   * of the process that last used the socket. `LOCAL_PEEREPID`. For logs. `undefined` on Linux, and when the peer has
   * gone.
   */
  readonly effectivePid: number | undefined;
  /**
   * macOS: the present identity of the process that last used the socket. `LOCAL_PEERTOKEN`. For logs. `undefined` on
   * Linux, and when the peer has gone.
   */
  readonly auditToken: AuditToken | undefined;
  /** The reason for each part that is `undefined`. */
  readonly absent: Readonly<Partial<Record<PeerIdentityPart, Absence>>>;
}

/** `audit_token_t` of macOS (bsm/libbsm.h), at the time of the call. */
export interface AuditToken {
  /**
   * Id of the user that logged in. It does not change when the process changes its ids. `undefined` for processes that
   * no login started.
   */
  readonly auditUid: number | undefined;
  /** Effective user id. */
  readonly uid: number;
  /** Effective group id. */
  readonly gid: number;
  readonly realUid: number;
  readonly realGid: number;
  readonly pid: number;
  readonly auditSessionId: number;
  /**
   * Changes with each process that gets this pid, and with each program that it executes. Together with `pid` it is
   * unique.
   */
  readonly pidVersion: number;
  /** The 32 bytes of the token, which the Security framework accepts as `kSecGuestAttributeAudit`. */
  readonly bytes: Uint8Array;
}
