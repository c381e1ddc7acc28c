// Checks that this process can read peers' credentials. Without them a rule would refuse every peer.
import { Failure, loadUsableAddon, type NativeBinding, otherRuntime, readPeerCredentials } from "../../core";

/** Returns `undefined` if peers can be read. */
export function refuseUnreadablePeers(): Failure | undefined {
  const runtime = otherRuntime();
  if (runtime) return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `the servers of ${runtime} are not Node's`);
  const binding = loadUsableAddon();
  return binding instanceof Failure ? binding : findDenial(binding);
}

/** A sandbox may deny getpeername or SO_PEERCRED. This tries both with a new socket, which has no peer. */
function findDenial(binding: NativeBinding): Failure | undefined {
  const fd = binding.openUnixSocket();
  // Without a socket, neither call can be tried.
  if (fd < 0) return undefined;
  const credentials = readPeerCredentials(fd);
  // On Linux, readPeerCredentials() stops after getpeername, because that fails for a socket without a peer.
  const length = binding.peerCredentials(fd);
  binding.closeDescriptor(fd);
  return [credentials, length < 0 ? Failure.ofRead(length, "getsockopt") : undefined].find(isDenial);
}

function isDenial(value: unknown): value is Failure {
  return value instanceof Failure && value.code === "ERR_SOCKINFO_SYSTEM_CALL_DENIED";
}
