// Reads the label of Linux's SO_PEERSEC as text.
import type { NativeBinding } from "../addon/native-binding";
import { Failure } from "../errors";

export function readLinuxLabel(binding: NativeBinding, fd: number): string | Failure {
  const length = binding.peerLabel(fd);
  if (length < 0) return refuse(binding, length);
  if (length <= binding.buffer.byteLength) return textOf(new Uint8Array(binding.buffer, 0, length));
  const bytes = new Uint8Array(length);
  const filled = binding.peerLabelInto(fd, bytes);
  return filled < 0 ? refuse(binding, filled) : textOf(bytes.subarray(0, filled));
}

function refuse(binding: NativeBinding, negative: number): Failure {
  if (-negative !== binding.errno.ENOPROTOOPT) return Failure.ofRead(negative, "getsockopt");
  const call = { errno: negative, syscall: "getsockopt" };
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "none of its security modules labels Unix sockets", call);
}

/** Some security modules include the terminating 0 in the length. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString();
}
