// Reads and decodes macOS's audit_token_t (LOCAL_PEERTOKEN) and the pid of LOCAL_PEEREPID.
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";
import type { AuditToken } from "./identity-types";

const TOKEN_LENGTH = 32;
/** AU_DEFAUDITID of bsm/audit.h: no login started the process. */
const NO_AUDIT_UID = 0xffff_ffff;

export function readDarwinToken(binding: NativeBinding, fd: number): AuditToken | Failure {
  const length = binding.peerToken(fd);
  if (length < 0) return refuse(binding, length);
  if (length < TOKEN_LENGTH) return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "its audit_token_t is shorter");
  const bytes = new Uint8Array(binding.buffer.slice(0, TOKEN_LENGTH));
  const view = new DataView(bytes.buffer);
  // audit_token_to_au32(3) has the order of the words.
  const word = (index: number) => view.getUint32(index * 4, true);
  const auditUid = word(0);
  return Object.freeze({
    auditUid: auditUid === NO_AUDIT_UID ? undefined : auditUid,
    uid: word(1),
    gid: word(2),
    realUid: word(3),
    realGid: word(4),
    pid: word(5),
    auditSessionId: word(6),
    pidVersion: word(7),
    bytes,
  });
}

export function readDarwinEffectivePid(binding: NativeBinding, fd: number): number | Failure {
  const length = binding.peerEffectivePid(fd);
  if (length < 0) return refuse(binding, length);
  return new DataView(binding.buffer).getInt32(0, true) || Failure.of("ERR_SOCKINFO_PEER_GONE");
}

function refuse(binding: NativeBinding, negative: number): Failure {
  const call = { errno: negative, syscall: "getsockopt" };
  switch (-negative) {
    // The peer has closed its socket, or its process has ended.
    case binding.errno.ENOTCONN:
    case binding.errno.EINVAL:
      return Failure.of("ERR_SOCKINFO_PEER_GONE", undefined, call);
    case binding.errno.ENOPROTOOPT:
      return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", undefined, call);
  }
  return Failure.ofRead(negative, "getsockopt");
}
