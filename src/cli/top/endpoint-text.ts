// Addresses with their ports, as text.
import type { TcpEndpoint } from "../../core";

/** "192.0.2.7:443", "[2001:db8::7]:443". An address of IPv4 stays one, also on a socket of IPv6. */
export function endpointText(end: TcpEndpoint | undefined): string {
  if (end === undefined) return "-";
  const address = end.address.startsWith("::ffff:") && end.address.includes(".") ? end.address.slice(7) : end.address;
  return address.includes(":") ? `[${address}]:${end.port}` : `${address}:${end.port}`;
}
