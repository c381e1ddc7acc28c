// Ports and addresses: as the user writes them, and as they are printed.
import type { TcpEndpoint } from "../core";
import { parseIpAddress } from "../sock-diag/ip-address";
import { UsageError } from "./command";

/** ":443" is 443. `undefined` for any other text. */
export function readPort(text: string): number | undefined {
  const digits = /^:(\d{1,5})$/.exec(text)?.[1];
  const port = Number(digits);
  return digits !== undefined && port > 0 && port <= 0xffff ? port : undefined;
}

/** "127.0.0.1:443" or "[::1]:443". @throws A `UsageError`. */
export function readEndpoint(text: string): TcpEndpoint {
  const [, bracketed, bare, digits = ""] = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  const address = bracketed ?? bare ?? "";
  const port = readPort(`:${digits}`);
  if (parseIpAddress(address) === undefined || port === undefined) throw refuse(text);
  return { address, port };
}

function refuse(text: string): UsageError {
  const advice = /^\d+$/.test(text) ? `. Did you mean ":${text}"?` : "";
  return new UsageError(`"${text}" is not :port, ADDRESS:port or [IPv6 address]:port${advice}`);
}

/** The form that `readEndpoint` reads. An IPv4 address on an IPv6 socket is shown as IPv4. */
export function formatEndpoint(end: TcpEndpoint): string {
  const { port } = end;
  const address = unmapAddress(end.address);
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** "::ffff:192.0.2.7" and "[::ffff:192.0.2.7]" are "192.0.2.7". What follows the address, such as a port, stays. */
export function unmapAddress(text: string): string {
  return text.replace(/^(?:\[::ffff:(\d+\.\d+\.\d+\.\d+)\]|::ffff:(?=\d+\.))/i, "$1");
}

/** Whether both are the same. An IPv4 address equals the IPv6 address that stands for it (::ffff:127.0.0.1). */
export function isSameEndpoint(one: TcpEndpoint, other: TcpEndpoint): boolean {
  return one.port === other.port && keyOf(one.address) === keyOf(other.address);
}

function keyOf(address: string): string {
  const bytes = parseIpAddress(address)?.bytes ?? [];
  const isMapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff;
  return (isMapped ? bytes.slice(12) : bytes).join(".");
}
