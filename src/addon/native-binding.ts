// The types of the native module's exports. The contract of each call is in native/socket_info.h.

/** The length that the kernel wrote into `buffer`, or a negative error number. */
type LengthOrErrno = number;

/** A descriptor, or a handle whose live `fd` the native function reads itself. */
export type Descriptor = number | { readonly fd: number };

export interface NativeBinding {
  /** The system whose layouts the bytes have. */
  readonly platform: "linux" | "darwin";
  /** AF_UNIX, as `peerFamily` and `localFamily` report it. */
  readonly unixFamily: number;
  /** The positive error numbers of this system. */
  readonly errno: Readonly<
    Record<
      | "EINVAL"
      | "ENOTSOCK"
      | "ENOPROTOOPT"
      | "EOPNOTSUPP"
      | "ECONNRESET"
      | "ENOTCONN"
      | "ESRCH"
      | "EADDRINUSE"
      | "EWOULDBLOCK",
      number
    >
  >;
  /** The buffer that the readers fill. One per environment; its bytes are valid until the next call. */
  readonly buffer: ArrayBuffer;
  tcpInfo(fd: Descriptor): LengthOrErrno;
  /**
   * `tcpInfo` for many descriptors, each into its own row, which is as long as `buffer`. Replaces each descriptor in
   * `fds` with the length in its row, or with a negative error number: -EBADF for a negative descriptor. Returns 0.
   * Returns -EFAULT, and makes no system call, where there are fewer rows than descriptors or an argument has another
   * type.
   */
  tcpInfoRows(fds: Int32Array, rows: Uint8Array): number;
  peerCredentials(fd: Descriptor): LengthOrErrno;
  /** A length greater than that of `buffer` is the length that `peerGroupsInto` needs; `buffer` is not filled then. */
  peerGroups(fd: Descriptor): LengthOrErrno;
  peerGroupsInto(fd: Descriptor, target: Uint8Array): LengthOrErrno;
  peerPid(fd: Descriptor): LengthOrErrno;
  peerEffectivePid(fd: Descriptor): LengthOrErrno;
  /** Returns a length greater than that of `buffer` as `peerGroups` does. */
  peerLabel(fd: Descriptor): LengthOrErrno;
  peerLabelInto(fd: Descriptor, target: Uint8Array): LengthOrErrno;
  peerToken(fd: Descriptor): LengthOrErrno;
  /** IPPROTO_TCP (6) or IPPROTO_MPTCP (262) among others, or a negative error number. Linux only. */
  protocol(fd: Descriptor): number;
  /** The address family of the other end; -ENOTCONN for a listener and for an unconnected socket. */
  peerFamily(fd: Descriptor): number;
  localFamily(fd: Descriptor): number;

  /**
   * The path that a Unix socket is bound to, 0 bytes where it is not bound. An abstract name of Linux begins with 0.
   */
  unixPath(fd: Descriptor): LengthOrErrno;
  /** 1, 0, or a negative error number. */
  isListening(fd: Descriptor): number;
  isStream(fd: Descriptor): number;

  /** Opens a descriptor (pidfd) of the process at the other end. Returns its owner, or a negative error number. */
  openPeerProcess(fd: Descriptor): OwnedProcess | number;
  /** The pidfd; -EBADF when it is closed. */
  processDescriptor(process: OwnedProcess): number;
  /** 1 when the process has ended, 0 when it has not, -EBADF when the pidfd is closed. */
  hasProcessEnded(process: OwnedProcess): number;
  /** 0; -EBADF when it is already closed. */
  closeProcess(process: OwnedProcess): number;

  /** A new descriptor, or a negative error number. */
  openUnixSocket(): number;
  openTcpSocket(): number;
  /** 0 or a negative error number, as are those below. */
  bindUnix(fd: number, path: Uint8Array): number;
  /** The path ends with a 0. macOS only. */
  setModeOfPath(path: Uint8Array, mode: number): number;
  /** Also for a descriptor opened with O_PATH. Linux only. */
  setOwnerOfFile(fd: number, uid: number, gid: number): number;
  /** Also for a descriptor opened with O_PATH. Needs Linux 6.6; -ENOSYS before, and on macOS. */
  setModeOfFile(fd: number, mode: number): number;
  /** -EWOULDBLOCK while another descriptor has the lock. Closing the descriptor releases it. */
  tryLock(fd: number): number;
  closeDescriptor(fd: number): number;

  /**
   * From the system's directory of users and groups. `undefined` for an unknown id, a negative error number for a
   * failure.
   */
  findUserName(uid: number): Promise<string | number | undefined>;
  findGroupName(gid: number): Promise<string | number | undefined>;
  findUserId(name: string): Promise<number | undefined>;
  findGroupId(name: string): Promise<number | undefined>;
}

/**
 * The owner of a pidfd, which is closed at the latest when this is collected or its environment ends. Opaque to
 * JavaScript.
 */
export interface OwnedProcess {
  readonly __ownedProcess: never;
}
