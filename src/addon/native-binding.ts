// What the native module gives: the other side of native/addon.cc, where native/socket_info.h says what the calls mean.

/** Length of what the kernel wrote into `buffer`, or a negative error number. */
type LengthOrErrno = number;

/** What a native function takes: a descriptor, or a handle whose live `fd` it reads itself. */
export type Descriptor = number | { readonly fd: number };

/** The exports of native/addon.cc. */
export interface NativeBinding {
  /** Which system's layouts the bytes have. */
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
  /** What the readers fill. One per environment: its bytes are good until the next call. */
  readonly buffer: ArrayBuffer;
  tcpInfo(fd: Descriptor): LengthOrErrno;
  /**
   * The same of many descriptors, each into a row of its own, which is as long as `buffer`. Each descriptor's place in `fds` is
   * given to the length of what its row now holds, or to a negative error number: -EBADF for a negative descriptor. Returns 0,
   * or -EFAULT where there are fewer rows than descriptors, or an argument is of another type; nothing was asked then.
   */
  tcpInfoRows(fds: Int32Array, rows: Uint8Array): number;
  peerCredentials(fd: Descriptor): LengthOrErrno;
  /** A length over that of `buffer` says how much room `peerGroupsInto` needs; `buffer` then holds nothing. */
  peerGroups(fd: Descriptor): LengthOrErrno;
  peerGroupsInto(fd: Descriptor, target: Uint8Array): LengthOrErrno;
  peerPid(fd: Descriptor): LengthOrErrno;
  peerEffectivePid(fd: Descriptor): LengthOrErrno;
  /** As `peerGroups`. */
  peerLabel(fd: Descriptor): LengthOrErrno;
  peerLabelInto(fd: Descriptor, target: Uint8Array): LengthOrErrno;
  peerToken(fd: Descriptor): LengthOrErrno;
  /** IPPROTO_TCP (6) or IPPROTO_MPTCP (262) among others, or a negative error number. Linux only. */
  protocol(fd: Descriptor): number;
  /** The address family of the other end; -ENOTCONN for a listener and for an unconnected socket. */
  peerFamily(fd: Descriptor): number;
  localFamily(fd: Descriptor): number;

  /** The path that a Unix socket is bound to, 0 bytes where it is to none. An abstract name of Linux begins with 0. */
  unixPath(fd: Descriptor): LengthOrErrno;
  /** 1, 0, or a negative error number. */
  isListening(fd: Descriptor): number;
  isStream(fd: Descriptor): number;

  /** What owns a descriptor (pidfd) of the process at the other end, or a negative error number. */
  openPeerProcess(fd: Descriptor): OwnedProcess | number;
  /** The pidfd, -EBADF when it is closed. */
  processDescriptor(process: OwnedProcess): number;
  /** 1 when the process has ended, 0 when not, -EBADF when the pidfd is closed. */
  hasProcessEnded(process: OwnedProcess): number;
  /** 0, -EBADF when it is closed already. */
  closeProcess(process: OwnedProcess): number;

  /** A new descriptor, or a negative error number. */
  openUnixSocket(): number;
  openTcpSocket(): number;
  /** 0 or a negative error number, as are those below. */
  bindUnix(fd: number, path: Uint8Array): number;
  /** The path ends with a 0. macOS only. */
  setModeOfPath(path: Uint8Array, mode: number): number;
  /** The descriptor may be one of O_PATH. Linux only. */
  setOwnerOfFile(fd: number, uid: number, gid: number): number;
  /** The same, from Linux 6.6 on; -ENOSYS before. */
  setModeOfFile(fd: number, mode: number): number;
  /** -EWOULDBLOCK while another has the lock. It is held until the descriptor is closed. */
  tryLock(fd: number): number;
  closeDescriptor(fd: number): number;

  /** What the directory of users and groups says, `undefined` where there is none; a negative error number where it failed. */
  findUserName(uid: number): Promise<string | number | undefined>;
  findGroupName(gid: number): Promise<string | number | undefined>;
  findUserId(name: string): Promise<number | undefined>;
  findGroupId(name: string): Promise<number | undefined>;
}

/** A pidfd, closed at the latest when this is collected or its environment ends. Nothing of it is to be seen from JavaScript. */
export interface OwnedProcess {
  readonly __ownedProcess: never;
}
