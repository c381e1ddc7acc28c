// Decodes a struct sockaddr_storage of Linux: ip(7), ipv6(7).
import { LITTLE_ENDIAN } from "../tcp-info/struct-views";
import type { MptcpEndpoint } from "./mptcp-types";

const AF_INET = 2;
const AF_INET6 = 10;

/** `undefined` for another family. `bytes` begins with the struct, and has at least 24 bytes. */
export function decodeSocketAddress(bytes: Uint8Array): MptcpEndpoint | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, LITTLE_ENDIAN);
  // Ports and addresses are big-endian on every machine.
  const port = view.getUint16(2);
  if (family === AF_INET) return { family: "IPv4", address: bytes.subarray(4, 8).join("."), port };
  if (family !== AF_INET6) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index));
  return { family: "IPv6", address: formatIpv6(groups, bytes.subarray(20, 24).join(".")), port };
}

/** The form of `socket.remoteAddress`: RFC 5952, and IPv4-mapped addresses with `ipv4` at the end. */
function formatIpv6(groups: readonly number[], ipv4: string): string {
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) return `::ffff:${ipv4}`;
  const text = groups.map((group) => group.toString(16)).join(":");
  // The first of the longest runs of at least two zeros.
  const runs = [...text.matchAll(/\b0(?::0)+\b/g)].toSorted(([one], [other]) => other.length - one.length);
  const [longest] = runs;
  if (longest === undefined) return text;
  const [before, after] = [text.slice(0, longest.index), text.slice(longest.index + longest[0].length)];
  return `${before.replace(/:$/, "")}::${after.replace(/^:/, "")}`;
}
