// Recognises Bun and Deno. Bun hides the descriptors of its HTTP servers' sockets, and Deno those of all TCP sockets.
import { Failure } from "./errors";

/** The name of the runtime if it is not Node. */
export function otherRuntime(): "Bun" | "Deno" | undefined {
  // Own keys only: a polluted Object.prototype must not make Node look like another runtime.
  if (Object.hasOwn(process.versions, "bun")) return "Bun";
  return Object.hasOwn(process.versions, "deno") ? "Deno" : undefined;
}

/** The failure of a function that needs the descriptor of a socket. */
export function refuseRuntime(runtime: string): Failure {
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `${runtime} hides the descriptors of its sockets`);
}
