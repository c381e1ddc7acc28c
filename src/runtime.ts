// Which runtimes hide the descriptors of their HTTP servers' sockets. Used by find-fd.ts, is-supported.ts and src/connections/.

/** The name of the runtime, `undefined` on Node. */
export function hidingRuntime(): "Bun" | "Deno" | undefined {
  if (process.versions["bun"]) return "Bun";
  return process.versions["deno"] ? "Deno" : undefined;
}
