// The addresses of subflows against those that Python's inet_ntop prints.
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { decodeSocketAddress } from "../../src/socket-facts/socket-address";
import { lacks } from "../helpers/needs";

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function addressOf(family: number, bytes: Uint8Array, port = 443): Uint8Array {
  const storage = new Uint8Array(128);
  const view = new DataView(storage.buffer);
  view.setUint16(0, family, LITTLE_ENDIAN);
  view.setUint16(2, port);
  storage.set(bytes, family === 2 ? 4 : 8);
  return storage;
}

describe.skipIf(lacks("python"))("addresses", () => {
  test("of IPv6 have the form of inet_ntop", () => {
    // Each combination of groups that are 0 and that are not.
    const addresses = Array.from({ length: 256 }, (_, zeros) =>
      Uint8Array.from({ length: 16 }, (_byte, at) => ((zeros >> (at >> 1)) & 1 ? 0 : (at * 37 + zeros) % 251)),
    );
    addresses.push(new Uint8Array(16), new Uint8Array(16).fill(255));
    addresses.push(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 7, 0, 1));
    const script =
      "import socket, sys\nfor line in sys.stdin: print(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(line)))";
    const input = addresses.map((address) => Buffer.from(address).toString("hex")).join("\n");
    const truth = execFileSync("python3", ["-c", script], { input, encoding: "utf8" }).trim().split("\n");
    // glibc prints addresses that end in an IPv4 address of the deprecated form ("::10.7.0.1") otherwise.
    const isDeprecated = (text: string) => /^::[\d.]+\.\d+$/.test(text);
    const seen = addresses.map((address) => decodeSocketAddress(addressOf(10, address), 0));
    truth.forEach((text, index) => {
      if (!isDeprecated(text)) expect(seen[index]).toEqual({ family: "IPv6", address: text, port: 443 });
    });
    expect(truth.filter(isDeprecated).length).toBeLessThan(50);
  });
});

test("IPv4 and other families", () => {
  expect(decodeSocketAddress(addressOf(2, Uint8Array.of(10, 7, 0, 255), 65_535), 0)).toEqual({
    family: "IPv4",
    address: "10.7.0.255",
    port: 65_535,
  });
  expect(decodeSocketAddress(addressOf(0, new Uint8Array()), 0)).toBeUndefined();
  expect(decodeSocketAddress(addressOf(1, new Uint8Array()), 0)).toBeUndefined();
});
