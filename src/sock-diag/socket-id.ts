// What identifies a TCP socket to the kernel, as the bytes that the native module takes: native/sock_diag.h, SocketId.
import { Failure, received } from "../core";
import { type IpAddress, parseIpAddress } from "./ip-address";

/** One end of a connection. */
export interface TcpEndpoint {
  /** As `socket.localAddress` and `socket.remoteAddress` have it: a link-local address has a zone (`%eth0`). */
  readonly address: string;
  readonly port: number;
}

/** A TCP socket of this network namespace. */
export interface TcpSocketId {
  readonly local: TcpEndpoint;
  readonly remote: TcpEndpoint;
  /**
   * SO_COOKIE. With it the answer is about that socket, and never about a later one with the same addresses and ports.
   * `undefined` asks for whichever socket has these addresses and ports.
   */
  readonly cookie: bigint | undefined;
  /** The index of the interface that the socket is bound to. Default: that of a zone, or none. */
  readonly interfaceIndex?: number | undefined;
}

export const SOCKET_ID_BYTES = 56;

export function encodeSocketId(id: TcpSocketId): Uint8Array | Failure {
  const local = parseEndpoint("local", id.local);
  if (local instanceof Failure) return local;
  const remote = parseEndpoint("remote", id.remote);
  if (remote instanceof Failure) return remote;
  if (local.bytes.length !== remote.bytes.length)
    return refuse("local", 'be of the family of "remote"', id.local.address);
  const { cookie } = id;
  if (cookie !== undefined && (typeof cookie !== "bigint" || cookie <= 0n || cookie >= 1n << 64n))
    return refuse("cookie", "be a bigint from 1 to 18446744073709551615", cookie);
  const bytes = new Uint8Array(SOCKET_ID_BYTES);
  const { buffer } = bytes;
  bytes[0] = local.bytes.length === 4 ? 4 : 6;
  new Uint16Array(buffer, 4, 2).set([id.local.port, id.remote.port]);
  bytes.set(local.bytes, 8);
  bytes.set(remote.bytes, 24);
  new Uint32Array(buffer, 40, 1)[0] = id.interfaceIndex ?? (local.interfaceIndex || remote.interfaceIndex);
  new BigUint64Array(buffer, 48, 1)[0] = cookie ?? 0n;
  return bytes;
}

function parseEndpoint(name: "local" | "remote", { address, port }: TcpEndpoint): IpAddress | Failure {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff)
    return refuse(`${name}.port`, "be an integer from 0 to 65535", port);
  const parsed = typeof address === "string" ? parseIpAddress(address) : undefined;
  return parsed ?? refuse(`${name}.address`, "be an IP address, with the zone of an interface if any", address);
}

function refuse(property: string, must: string, value: unknown): Failure {
  return Failure.ofMistake(`The "id.${property}" argument must ${must}. Received ${received(value)}`);
}
