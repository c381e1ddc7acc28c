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
    Record<"EINVAL" | "ENOTSOCK" | "ENOPROTOOPT" | "EOPNOTSUPP" | "ECONNRESET" | "ENOTCONN", number>
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
  /** The address family of the other end; -ENOTCONN for a listener and for an unconnected socket. */
  peerFamily(fd: Descriptor): number;
  localFamily(fd: Descriptor): number;
}
