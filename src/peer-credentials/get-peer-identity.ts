// getPeerIdentity and tryGetPeerIdentity: the credentials, and all else that this system reports about the peer.
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import { privateSlot } from "../source/private-slot";
import type { SocketSource } from "../source/types";
import { readDarwinEffectivePid, readDarwinToken } from "./darwin-token";
import type { Absence, PeerIdentity, PeerIdentityPart } from "./identity-types";
import { readLinuxLabel } from "./linux-label";
import { readOncePerConnection, readPeerCredentials } from "./read-credentials";
import type { PeerCredentials } from "./types";

const known = privateSlot<PeerIdentity>();

/**
 * The system calls of {@link getPeerCredentials}, and `getsockopt(fd, SOL_SOCKET, SO_PEERSEC)` on Linux,
 * `getsockopt(fd, SOL_LOCAL, LOCAL_PEEREPID)` and `LOCAL_PEERTOKEN` on macOS.
 *
 * Returns everything that the system reports about the process at the other end of a Unix socket. Use `uid`, `gid`,
 * `groups` and `securityLabel` for decisions: they are those at the time of connect(). Use the rest for logs. A part
 * that this system, kernel or peer does not have is `undefined`, and `absent` has the reason.
 *
 * @param source - What `getPeerCredentials` takes.
 * @throws {SocketInfoError} What `getPeerCredentials` throws. A closed connection always throws
 * `ERR_SOCKINFO_SOCKET_CLOSED`.
 * @example
 * const { uid, securityLabel, absent } = getPeerIdentity(req);
 * if (securityLabel === undefined) log.warn(absent.securityLabel?.message);
 * @see socket(7), unix(7), apparmor(7), selinux(8)
 */
export function getPeerIdentity(source: SocketSource): PeerIdentity {
  const identity = readPeerIdentity(source);
  if (identity instanceof Failure) throw identity.toError(getPeerIdentity);
  return identity;
}

/**
 * {@link getPeerIdentity} for code that also serves TCP. Returns `undefined` when {@link tryGetPeerCredentials} would,
 * and for a closed connection.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * log.info({ label: tryGetPeerIdentity(req)?.securityLabel });
 */
export function tryGetPeerIdentity(source: SocketSource): PeerIdentity | undefined {
  const identity = readPeerIdentity(source);
  return identity instanceof Failure ? identity.toUndefined(tryGetPeerIdentity) : identity;
}

function readPeerIdentity(source: unknown): PeerIdentity | Failure {
  const credentials = readPeerCredentials(source);
  if (credentials instanceof Failure) return credentials;
  return readOncePerConnection(source, known, (binding, fd) => complete(binding, fd, credentials));
}

function complete(binding: NativeBinding, fd: number, credentials: PeerCredentials): PeerIdentity {
  const isLinux = binding.platform === "linux";
  const absent: Partial<Record<PeerIdentityPart, Absence>> = {};
  const present = <T>(part: PeerIdentityPart, value: T | Failure): T | undefined => {
    if (!(value instanceof Failure)) return value;
    const { code, message, errno, syscall } = value;
    absent[part] = Object.freeze({ code, message, errno, syscall });
    return undefined;
  };
  const identity: PeerIdentity = {
    uid: credentials.uid,
    gid: credentials.gid,
    pid: present("pid", credentials.pid ?? withoutPid(isLinux)),
    groups: present("groups", credentials.groups ?? WITHOUT_GROUPS),
    securityLabel: present("securityLabel", isLinux ? readLinuxLabel(binding, fd) : ONLY_ON_LINUX),
    effectivePid: present("effectivePid", isLinux ? ONLY_ON_MACOS : readDarwinEffectivePid(binding, fd)),
    auditToken: present("auditToken", isLinux ? ONLY_ON_MACOS : readDarwinToken(binding, fd)),
    absent: Object.freeze(absent),
  };
  return Object.freeze(identity);
}

const ONLY_ON_LINUX = Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "only Linux has security labels");
const ONLY_ON_MACOS = Failure.of("ERR_SOCKINFO_UNSUPPORTED_PLATFORM", "only macOS has this");
const WITHOUT_GROUPS = Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "the groups of a peer need Linux 4.13");

function withoutPid(isLinux: boolean): Failure {
  return Failure.of(isLinux ? "ERR_SOCKINFO_PEER_NOT_VISIBLE" : "ERR_SOCKINFO_PEER_GONE");
}
