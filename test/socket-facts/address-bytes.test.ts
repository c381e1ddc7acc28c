// Addresses as bytes of the kernel, and the text that they have when they are formatted, against Node's SocketAddress.
import { SocketAddress } from "node:net";
import { expect, test } from "vitest";
import { parseIpAddress } from "../../src/sock-diag/ip-address";
import { AddressBytes } from "../../src/socket-facts/address-bytes";

const PORT = 65_535;

/** A SocketAddress of native/socket_address.h. */
function asWords(version: 4 | 6, address: string, scope = 0): Int32Array {
  const words = new Int32Array(7);
  words.set([version, PORT, scope]);
  new Uint8Array(words.buffer, 12).set(parseIpAddress(address)?.bytes ?? []);
  return words;
}

test.each(["0.0.0.0", "127.0.0.1", "10.1.2.3", "192.168.255.254", "255.255.255.255"])("IPv4: %s", (address) => {
  const endpoint = { family: "IPv4", address, port: PORT };
  expect(AddressBytes.read(asWords(4, address), 0)?.toEndpoint()).toEqual(endpoint);
});

test.each([
  "2001:db8::1",
  "2001:db8:0:1:0:1:0:1",
  "2001:0:0:1:0:0:0:1",
  "fd00:1:2:3:4:5:6:7",
  "fe80::1:2:3",
  "64:ff9b::192.0.2.33",
  "1:2:3:4:5:6:0:0",
  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
  "::ffff:127.0.0.1",
  "::ffff:255.255.255.255",
])("IPv6: %s", (address) => {
  const { address: text } = new SocketAddress({ address, family: "ipv6" });
  const endpoint = { family: "IPv6", address: text, port: PORT };
  expect(AddressBytes.read(asWords(6, address), 0)?.toEndpoint()).toEqual(endpoint);
});

test.each([
  ["::1", 0],
  ["::", 0],
  ["::192.0.2.1", 0],
  ["fe80::1", 2],
])("only Node formats %s of interface %i", (address, scope) => {
  expect(AddressBytes.read(asWords(6, address, scope), 0)).toBeUndefined();
});

test("another family", () => {
  expect(AddressBytes.read(new Int32Array(7), 0)).toBeUndefined();
});

test("the second address of two", () => {
  const words = new Int32Array([...asWords(4, "127.0.0.1"), ...asWords(6, "2001:db8::2")]);
  expect(AddressBytes.read(words, 7)?.toEndpoint().address).toBe("2001:db8::2");
});
