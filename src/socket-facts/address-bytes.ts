// The addresses of a connection, read from the kernel in one native call and formatted later, or never.
import type { Socket } from "node:net";
import { loadAddon } from "../addon/load";
import { Failure } from "../errors";
import { formatIpAddress } from "../sock-diag/ip-address";
import { fdOf, handleOf } from "../source/find-fd";
import { closingLentFds } from "../source/lent-fd";

/** In words of four bytes: native/socket_address.h. */
const SOCKET_ADDRESS_WORDS = 7;

/** The address of one end of a connection: getpeername(2) or getsockname(2). */
export class AddressBytes {
  readonly #isIpv4: boolean;
  readonly #port: number;
  // Four numbers take less memory than an array.
  readonly #first: number;
  readonly #second: number;
  readonly #third: number;
  readonly #fourth: number;

  private constructor(words: Int32Array, at: number) {
    this.#isIpv4 = words[at] === 4;
    this.#port = words[at + 1] as number;
    this.#first = words[at + 3] as number;
    this.#second = words[at + 4] as number;
    this.#third = words[at + 5] as number;
    this.#fourth = words[at + 6] as number;
  }

  /** `undefined` for a kind that has a text of its own: a link-local address, `::1` and others that begin so. */
  static read(words: Int32Array, at: number): AddressBytes | undefined {
    const version = words[at];
    if (version === 4) return new AddressBytes(words, at);
    const hasScope = words[at + 2] !== 0;
    const beginsWithZeros = words[at + 3] === 0 && words[at + 4] === 0 && words[at + 5] === 0;
    return version === 6 && !hasScope && !beginsWithZeros ? new AddressBytes(words, at) : undefined;
  }

  toEndpoint(): { family: "IPv4" | "IPv6"; address: string; port: number } {
    const words = new Int32Array([this.#first, this.#second, this.#third, this.#fourth]);
    const bytes = new Uint8Array(words.buffer, 0, this.#isIpv4 ? 4 : 16);
    return { family: this.#isIpv4 ? "IPv4" : "IPv6", address: formatIpAddress(bytes), port: this.#port };
  }
}

/** `undefined` for an end whose address only Node can tell. */
export interface ConnectionAddresses {
  readonly remote: AddressBytes | undefined;
  readonly local: AddressBytes | undefined;
}

let words: Int32Array | undefined;

/** Makes one system call, or two with `withLocal`. Does not throw. */
export const readAddresses: (socket: Socket, withLocal: boolean) => ConnectionAddresses | undefined = closingLentFds(
  (socket, withLocal) => {
    const binding = loadAddon();
    if (binding instanceof Failure) return undefined;
    const fd = fdOf(socket, handleOf(socket));
    if (typeof fd !== "number") return undefined;
    const length = withLocal ? binding.addresses(fd) : binding.remoteAddress(fd);
    if (length < 0) return undefined;
    if (words?.buffer !== binding.buffer) words = new Int32Array(binding.buffer);
    return {
      remote: AddressBytes.read(words, 0),
      local: withLocal ? AddressBytes.read(words, SOCKET_ADDRESS_WORDS) : undefined,
    };
  },
);
