// isSupported: whether there is any use in asking.
import { loadAddon } from "./addon";
import { Failure } from "./errors";

/**
 * Whether this platform and runtime can answer: Linux or macOS, Node, and a native module that loads. Never throws. Where
 * it is false, `getTcpInfo` says why by the code of its error.
 *
 * Bun and Deno count as not supported: both hide the descriptors of their HTTP servers' sockets.
 *
 * @example
 * if (!isSupported()) log.warn("no TCP_INFO here");
 */
export function isSupported(): boolean {
  if (process.versions["bun"] || process.versions["deno"]) return false;
  return !(loadAddon() instanceof Failure);
}
