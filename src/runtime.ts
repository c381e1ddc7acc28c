// Which runtimes hide the descriptors of their HTTP servers' sockets. Used by src/source/, is-supported.ts and the rings.
import { Failure } from "./errors";

/** The name of the runtime, `undefined` on Node. */
export function hidingRuntime(): "Bun" | "Deno" | undefined {
  // Own keys: a polluted prototype makes no runtime.
  if (Object.hasOwn(process.versions, "bun")) return "Bun";
  return Object.hasOwn(process.versions, "deno") ? "Deno" : undefined;
}

/** For what needs a descriptor there. */
export function refuseRuntime(runtime: string): Failure {
  return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `${runtime} hides the descriptors of its sockets`);
}
