// Decodes a struct sockaddr_storage of Linux: ip(7), ipv6(7).
import { LITTLE_ENDIAN } from "../tcp-info/struct-views";
import type { MptcpEndpoint } from "./mptcp-types";

const AF_INET = 2;
const AF_INET6 = 10;
const FAMILY = LITTLE_ENDIAN ? 0 : 1;

/** The struct begins at byte `at`. `undefined` for a family other than IPv4 and IPv6. */
export function decodeSocketAddress(bytes: Uint8Array, at: number): MptcpEndpoint | undefined {
  // Families are less than 256. Ports and addresses are big-endian on every machine.
  const family = bytes[at + FAMILY];
  const port = readWord(bytes, at + 2);
  if (family === AF_INET) return { family: "IPv4", address: formatIpv4(bytes, at + 4), port };
  if (family === AF_INET6) return { family: "IPv6", address: formatIpv6(bytes, at + 8), port };
  return undefined;
}

function readWord(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** The form of `socket.remoteAddress`: RFC 5952. IPv4-mapped addresses end like those of IPv4. */
function formatIpv6(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => readWord(bytes, at + 2 * index));
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) return `::ffff:${formatIpv4(bytes, at + 12)}`;
  const text = groups.map((group) => group.toString(16)).join(":");
  // The first of the longest runs of at least two zeros.
  const runs = [...text.matchAll(/\b0(?::0)+\b/g)].toSorted(([one], [other]) => other.length - one.length);
  const [longest] = runs;
  if (longest === undefined) return text;
  const [before, after] = [text.slice(0, longest.index), text.slice(longest.index + longest[0].length)];
  return `${before.replace(/:$/, "")}::${after.replace(/^:/, "")}`;
}
