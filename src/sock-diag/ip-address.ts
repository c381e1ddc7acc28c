// IP addresses as text, as Node prints them, and as bytes in network byte order.
import { isIPv4, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

/** The bytes of an address: 4 or 16. The index of its interface is 0, except for a text with a zone (`%eth0`). */
export interface IpAddress {
  readonly bytes: readonly number[];
  readonly interfaceIndex: number;
}

/** Returns `undefined` if the text is no IP address, or if this machine has no interface of that name. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { bytes: bytesOfIpv4(text), interfaceIndex: 0 };
  if (!isIPv6(text)) return undefined;
  const [address = "", zone] = text.split("%");
  const interfaceIndex = zone === undefined ? 0 : findInterface(zone);
  return interfaceIndex === undefined ? undefined : { bytes: bytesOfIpv6(address), interfaceIndex };
}

function bytesOfIpv4(text: string): number[] {
  return text.split(".").map(Number);
}

function bytesOfIpv6(text: string): number[] {
  const [head = "", tail] = text.split("::");
  const [first, last] = [bytesOfGroups(head), bytesOfGroups(tail ?? "")];
  return [...first, ...Array<number>(16 - first.length - last.length).fill(0), ...last];
}

/** `"1:ab"`; the last group may be an IPv4 address. */
function bytesOfGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return bytesOfIpv4(group);
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  });
}

/** Node knows the index of an interface by the link-local address that the interface has. */
function findInterface(zone: string): number | undefined {
  if (/^\d+$/.test(zone)) return Number(zone);
  return networkInterfaces()[zone]?.find((address) => address.family === "IPv6" && address.scopeid !== 0)?.scopeid;
}

/** The text of 4 or 16 bytes: RFC 5952, with the IPv4 notation for the addresses that stand for IPv4. */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `::ffff:${bytes.subarray(12).join(".")}`;
  const texts = groups.map((group) => group.toString(16));
  const run = longestZeros(groups);
  if (run.length < 2) return texts.join(":");
  return `${texts.slice(0, run.start).join(":")}::${texts.slice(run.start + run.length).join(":")}`;
}

/** The longest run of zeros, of equal ones the first. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: index + 1 - length, length };
  }
  return longest;
}
