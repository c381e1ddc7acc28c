// The order of sockets by their remote address, as numbers to sort by.
import { isIPv4 } from "node:net";
import { parseIpAddress } from "../../sock-diag/ip-address";
import type { TcpEndpoint } from "../../core";

/** The number of each address in the sorted list. IPv4 comes before IPv6, and an IPv4 address on IPv6 is one, too. */
export function remoteOrder(
  length: number,
  places: readonly number[],
  remoteAt: (place: number) => TcpEndpoint | undefined,
): Float64Array {
  const texts = new Map(places.map((place) => [place, sortedText(remoteAt(place))]));
  const sorted = [...new Set(texts.values())].toSorted();
  const numbers = new Map(sorted.map((text, index) => [text, index]));
  const keys = new Float64Array(length).fill(NaN);
  for (const [place, text] of texts) keys[place] = numbers.get(text) as number;
  return keys;
}

/** Texts of this form have the order of the bytes. */
function sortedText(end: TcpEndpoint | undefined): string {
  if (end === undefined) return "";
  const address = end.address.replace(/^::ffff:(?=.*\.)/, "");
  const bytes = parseIpAddress(address)?.bytes ?? [];
  return String.fromCharCode(isIPv4(address) ? 4 : 6, ...bytes, end.port);
}
