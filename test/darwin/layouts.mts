// The layouts of structs and the values of constants in Apple's own headers, according to clang. setup.mts writes the
// file, tests read it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cache, type DarwinSdk } from "./sdk.mts";
import { run } from "./tools.mts";

const HEADERS = [
  "fcntl.h",
  "netinet/in.h",
  "netinet/tcp.h",
  "sys/errno.h",
  "sys/file.h",
  "sys/socket.h",
  "sys/ucred.h",
  "sys/un.h",
];
const STRUCTS = ["tcp_connection_info", "xucred", "sockaddr_un"] as const;
const CONSTANTS = [
  "IPPROTO_TCP",
  "TCP_CONNECTION_INFO",
  "TCP_NODELAY",
  "TCP_KEEPALIVE",
  "TCP_KEEPINTVL",
  "TCP_KEEPCNT",
  "TCP_RXT_CONNDROPTIME",
  "TCP_NOTSENT_LOWAT",
  "SOL_SOCKET",
  "SO_KEEPALIVE",
  "SO_RCVBUF",
  "SO_SNDBUF",
  "IPPROTO_IP",
  "IP_TOS",
  "IPPROTO_IPV6",
  "IPV6_TCLASS",
  "SOL_LOCAL",
  "LOCAL_PEERCRED",
  "LOCAL_PEERPID",
  "LOCAL_PEEREPID",
  "LOCAL_PEERTOKEN",
  "XUCRED_VERSION",
  "AF_UNIX",
  "AF_INET",
  "AF_INET6",
  "EBADF",
  "EINVAL",
  "EPERM",
  "ENOTSOCK",
  "ENOPROTOOPT",
  "EOPNOTSUPP",
  "ECONNRESET",
  "ENOTCONN",
  "ENOSYS",
  "ESRCH",
  "EADDRINUSE",
  "EWOULDBLOCK",
  "ENOENT",
  "SOCK_STREAM",
  "F_SETFD",
  "FD_CLOEXEC",
  "LOCK_EX",
  "LOCK_NB",
  "AT_FDCWD",
  "AT_SYMLINK_NOFOLLOW",
  "SO_NREAD",
  "SO_NWRITE",
] as const;
const BITS: Record<string, number> = {
  char: 8,
  sa_family_t: 8,
  u_int8_t: 8,
  short: 16,
  u_int32_t: 32,
  u_int: 32,
  uid_t: 32,
  gid_t: 32,
  u_int64_t: 64,
};

export interface Member {
  readonly name: string;
  readonly bitOffset: number;
  /** The size of one element, if the member is an array. */
  readonly bitSize: number;
  readonly elements: number;
}

export interface Struct {
  readonly size: number;
  readonly members: readonly Member[];
}

interface Layouts {
  readonly structs: Readonly<Record<(typeof STRUCTS)[number], Struct>>;
  readonly constants: Readonly<Record<(typeof CONSTANTS)[number], number>>;
}

const file = join(cache, "layouts.json");

export function writeLayouts(sdk: DarwinSdk): void {
  const source = join(cache, "layouts.cc");
  const lines = [
    ...HEADERS.map((header) => `#include <${header}>`),
    ...CONSTANTS.map((name) => `"${name}" = ${name};`),
  ];
  writeFileSync(source, lines.join("\n"));
  const preprocessed = run("clang++-19", [...sdk.flags("arm64"), "-E", "-P", source]);
  const value = (name: string) => Number(new RegExp(`^"${name}" = (-?\\w+);$`, "m").exec(preprocessed)?.[1]);

  writeFileSync(source, HEADERS.map((header) => `#include <${header}>\n`).join(""));
  const dump = ["-fsyntax-only", "-Xclang", "-fdump-record-layouts-complete"];
  const records = run("clang++-19", [...sdk.flags("arm64"), ...dump, source]);
  const layouts = {
    structs: Object.fromEntries(STRUCTS.map((name) => [name, readRecord(records, name)])),
    constants: Object.fromEntries(CONSTANTS.map((name) => [name, value(name)])),
  };
  writeFileSync(file, JSON.stringify(layouts));
}

export function readLayouts(): Layouts {
  return JSON.parse(readFileSync(file, "utf8"));
}

/**
 * Reads lines like `        24 |   u_int32_t tcpi_snd_cwnd`, `    52:1-1 |   u_int32_t tcpi_tfo_cookie_rcv`, `12 |
 * gid_t[16] cr_groups`.
 */
function readRecord(records: string, name: string): Struct {
  const [, lines = ""] = new RegExp(`\\| struct ${name}\\n([^]*?)\\n(?:\\n|$)`).exec(records) ?? [];
  const members = [...lines.matchAll(/^ *(\d+)(?::(\d+)-(\d+))? \|   (\w+)(?:\[(\d+)\])? (\w+)$/gm)].map(
    ([, byte, first, last, type = "", elements = "1", member = ""]) => ({
      name: member,
      bitOffset: Number(byte) * 8 + Number(first ?? 0),
      bitSize: first === undefined ? (BITS[type] ?? NaN) : Number(last) - Number(first) + 1,
      elements: Number(elements),
    }),
  );
  return { size: Number(/sizeof=(\d+)/.exec(lines)?.[1]), members };
}

/** The struct as a compiler for macOS lays it out, little-endian. Missing members and padding are 0. */
export function encode(
  struct: Struct,
  values: Readonly<Record<string, number | bigint | readonly number[]>>,
): Uint8Array {
  const bytes = new Uint8Array(struct.size);
  for (const [name, value] of Object.entries(values)) {
    const member = struct.members.find((candidate) => candidate.name === name);
    if (member === undefined) throw new Error(`Apple's struct has no ${name}`);
    const elements = typeof value === "object" ? value : [value];
    for (const [index, element] of elements.slice(0, member.elements).entries()) {
      writeBits(bytes, member.bitOffset + index * member.bitSize, member.bitSize, BigInt(element));
    }
  }
  return bytes;
}

function writeBits(bytes: Uint8Array, bitOffset: number, bitSize: number, value: bigint): void {
  for (let bit = 0; bit < bitSize; bit++) {
    const at = bitOffset + bit;
    if ((value >> BigInt(bit)) & 1n) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
  }
}
