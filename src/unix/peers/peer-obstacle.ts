// Why the kernel can't be asked about any peer. A gate would then refuse everybody, so it is not made.
import { Failure, loadUsableAddon, type NativeBinding, readPeerCredentials } from "../../core";

export function findPeerObstacle(): Failure | undefined {
  const binding = loadUsableAddon();
  return binding instanceof Failure ? binding : findDenial(binding);
}

/** A sandbox may deny getpeername or SO_PEERCRED. Asks about a socket of our own, which has no peer. */
function findDenial(binding: NativeBinding): Failure | undefined {
  const fd = binding.openUnixSocket();
  // Without a socket nothing is known about the two.
  if (fd < 0) return undefined;
  const credentials = readPeerCredentials(fd);
  // On Linux getpeername comes first, and says that there is no peer.
  const length = binding.peerCredentials(fd);
  binding.closeDescriptor(fd);
  return [credentials, length < 0 ? Failure.ofRead(length, "getsockopt") : undefined].find(isDenial);
}

function isDenial(value: unknown): value is Failure {
  return value instanceof Failure && value.code === "ERR_SOCKINFO_SYSTEM_CALL_DENIED";
}
