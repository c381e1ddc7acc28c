// The types of the native module's exports. The headers in native/ have the contract of each call.

/** The length that the kernel wrote into `buffer`, or a negative error number. */
type LengthOrErrno = number;

/** A descriptor, or a handle whose live `fd` the native function reads itself. */
export type Descriptor = number | { readonly fd: number };

export interface NativeBinding {
  /** The system that the layouts of the bytes belong to. */
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
      | "ENOTTY"
      | "ESRCH"
      | "EADDRINUSE"
      | "EWOULDBLOCK"
      | "ENOENT",
      number
    >
  >;
  /**
   * The buffer that the functions returning `LengthOrErrno` fill. The main thread and each worker have their own. Its
   * bytes are valid until the next such call.
   */
  readonly buffer: ArrayBuffer;
  tcpInfo(fd: Descriptor): LengthOrErrno;
  /**
   * `tcpInfo` for many descriptors. Writes each struct to a row of its own, which is as long as `buffer`. Replaces
   * each descriptor in `fds` with the length in its row, or with a negative error number: -EBADF for a negative
   * descriptor. Returns 0. If there are fewer rows than descriptors or an argument has another type, it makes no
   * system call and returns -EFAULT.
   */
  tcpInfoRows(fds: Int32Array, rows: Uint8Array): number;
  peerCredentials(fd: Descriptor): LengthOrErrno;
  /** A length greater than that of `target` is the length that it needs. Then `target` is not filled. */
  peerGroupsInto(fd: Descriptor, target: Uint8Array): LengthOrErrno;
  /**
   * `peerFamily`, and for a Unix socket its credentials and groups. Writes a `UnixPeer` of native/socket_info.h and the
   * groups to `buffer`. Returns what `peerFamily` returns. Linux only.
   */
  unixPeer(fd: Descriptor): number;
  peerPid(fd: Descriptor): LengthOrErrno;
  peerEffectivePid(fd: Descriptor): LengthOrErrno;
  /** If the length is greater than that of `buffer`, `peerLabelInto` needs that length, and `buffer` is not filled. */
  peerLabel(fd: Descriptor): LengthOrErrno;
  peerLabelInto(fd: Descriptor, target: Uint8Array): LengthOrErrno;
  peerToken(fd: Descriptor): LengthOrErrno;
  /** Writes the socket's SO_COOKIE, a number of 8 bytes that is never 0. Linux 4.12. */
  cookie(fd: Descriptor): LengthOrErrno;
  /** `tcpInfo` that also writes the cookie to the last 8 bytes of `buffer`: 0 if the kernel has none. Linux only. */
  tcpInfoAndCookie(fd: Descriptor): LengthOrErrno;
  /** IPPROTO_TCP (6) or IPPROTO_MPTCP (262) among others, or a negative error number. Linux only. */
  protocol(fd: Descriptor): number;
  /**
   * The address family of the other end, or a negative error number: -ENOTCONN for listeners and unconnected sockets.
   */
  peerFamily(fd: Descriptor): number;
  localFamily(fd: Descriptor): number;

  /**
   * The path that a Unix socket is bound to. It has no bytes if the socket is not bound. An abstract name of Linux
   * begins with a 0.
   */
  unixPath(fd: Descriptor): LengthOrErrno;
  /** 1, 0, or a negative error number. */
  isListening(fd: Descriptor): number;
  /** 1, 0, or a negative error number. */
  isStream(fd: Descriptor): number;

  /** The name of the congestion control, padded with zeros. Linux only. */
  congestionName(fd: Descriptor): LengthOrErrno;
  /** The state of the congestion control. It has no bytes if the algorithm reports none. Linux only. */
  congestionInfo(fd: Descriptor): LengthOrErrno;
  /**
   * The options of a TCP socket. Each has 12 bytes in `buffer`: a length or a negative error number, and a value of up
   * to 8 bytes. An option that can't be read does not make the call fail.
   */
  socketOptions(fd: Descriptor): LengthOrErrno;

  /** Writes a `SocketQueues` of socket_queues.h. */
  socketQueues(fd: Descriptor): LengthOrErrno;
  /** SO_MEMINFO. Linux only. */
  socketMemory(fd: Descriptor): LengthOrErrno;
  /** Writes an `MptcpAnswer` of mptcp_info.h and three arrays, which fill `target`. Linux only. */
  mptcpInfoInto(fd: Descriptor, target: Uint8Array): LengthOrErrno;
  /** Whether MPTCP_INFO exists: 1, 0, or a negative error number if there are no MPTCP sockets. Linux only. */
  hasMptcpInfo(): number;

  /** Writes a `SocketAddress` of socket_address.h for the other end. Linux only. */
  remoteAddress(fd: Descriptor): LengthOrErrno;
  /** Writes two of them: for the other end, and for the socket itself. Linux only. */
  addresses(fd: Descriptor): LengthOrErrno;

  /** Opens a descriptor (pidfd) of the process at the other end. Returns its owner, or a negative error number. */
  openPeerProcess(fd: Descriptor): OwnedProcess | number;
  /** The pidfd, or -EBADF when it is closed. */
  processDescriptor(process: OwnedProcess): number;
  /** 1 when the process has ended, 0 when it has not, -EBADF when the pidfd is closed. */
  hasProcessEnded(process: OwnedProcess): number;
  /** 0, or -EBADF when it is already closed. */
  closeProcess(process: OwnedProcess): number;

  /** A new descriptor, or a negative error number. */
  openUnixSocket(): number;
  openTcpSocket(): number;
  /** This function and the next five return 0 or a negative error number. */
  bindUnix(fd: number, path: Uint8Array): number;
  /** `path` must end with a 0. macOS only. */
  setModeOfPath(path: Uint8Array, mode: number): number;
  /** `fd` may be a descriptor opened with O_PATH. Linux only. */
  setOwnerOfFile(fd: number, uid: number, gid: number): number;
  /** `fd` may be a descriptor opened with O_PATH. Needs Linux 6.6; returns -ENOSYS before, and on macOS. */
  setModeOfFile(fd: number, mode: number): number;
  /** -EWOULDBLOCK while another descriptor has the lock. Closing the descriptor releases it. */
  tryLock(fd: number): number;
  closeDescriptor(fd: number): number;

  /**
   * The next four search the system's directory of users and groups. They resolve with `undefined` if it has no such
   * id or name, and with a negative error number if it failed.
   */
  findUserName(uid: number): Promise<string | number | undefined>;
  findGroupName(gid: number): Promise<string | number | undefined>;
  findUserId(name: string): Promise<number | undefined>;
  findGroupId(name: string): Promise<number | undefined>;

  /**
   * Asks the kernel for one TCP socket. `asked` has the 56 bytes of a SocketId, and `answer` gets the 456 bytes of a
   * SocketRow. Returns 0 or a negative error number: -ENOENT if there is no such socket. Linux only.
   */
  findTcpSocket(asked: Uint8Array, answer: Uint8Array): number;
  /**
   * Asks on a thread for all TCP sockets with that local port, or with any if `port` is 0. `states` has the bit `1 << state` for each state that is
   * wanted. Calls back with SocketRows, or with a negative error number. Returns 0, or a negative error number if it
   * will not call back. Linux only.
   */
  dumpTcpSockets(port: number, states: number, maxRows: number, callback: (dump: SocketDump | number) => void): number;

  /**
   * Asks on a thread for all Unix sockets. Calls back with UnixRows of 152 bytes, and returns, as `dumpTcpSockets`.
   * Linux only.
   */
  dumpUnixSockets(maxRows: number, callback: (dump: SocketDump | number) => void): number;

  /**
   * Starts a thread that receives the announcements of destroyed sockets with these local ports. Returns 0 or a
   * negative error number: -EBUSY if this environment has started one.
   *
   * The first call of `callback` has the result of a self-test, and `ports` must contain 0 until then. `rows` has a
   * `SocketRow` of native/sock_diag.h for each socket. `lost` is how many announcements were lost since the start,
   * modulo 2^32. After a negative `status` no call follows. The thread does not keep the process alive.
   */
  startDestroyEvents(ports: Uint16Array, callback: (rows: ArrayBuffer, lost: number, status: number) => void): number;
  /** Replaces the ports. With more than 255, all sockets are announced. Returns 0 or a negative error number. */
  setDestroyPorts(ports: Uint16Array): number;
  /** Ends the thread. Returns 0, even if there is none. */
  stopDestroyEvents(): number;
}

export interface SocketDump {
  /** SocketRows of 456 bytes, or UnixRows of 152. */
  readonly rows: ArrayBuffer;
  readonly isTruncated: boolean;
  readonly isInterrupted: boolean;
}

/**
 * The owner of a pidfd. Opaque to JavaScript. The pidfd is closed at the latest when this object is garbage-collected
 * or its thread ends.
 */
export interface OwnedProcess {
  readonly __ownedProcess: never;
}
