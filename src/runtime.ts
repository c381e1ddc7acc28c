// Recognises Bun and Deno, which hide the descriptors of their HTTP servers' sockets.
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
