// native/netlink.h in a program of its own: messages of any bytes are decoded or refused, without reading beyond them,
// and only the kernel's are received.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, endianness, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";

const { EAGAIN, EMSGSIZE, ENOBUFS, EPROTO } = constants.errno;
const LITTLE = endianness() === "LE";
const SOCK_DIAG_BY_FAMILY = 20;
const NLMSG_ERROR = 2;
const [AF_INET, AF_INET6, AF_UNIX] = [2, 10, 1];
const INFO = 2;
const SKMEMINFO = 7;

function u16(number: number): Buffer {
  const bytes = Buffer.alloc(2);
  return (LITTLE ? bytes.writeUInt16LE(number) : bytes.writeUInt16BE(number), bytes);
}

function u32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  return (LITTLE ? bytes.writeUInt32LE(number >>> 0) : bytes.writeUInt32BE(number >>> 0), bytes);
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

/** `length` overrides what the header says. */
function message(
  type: number,
  payload: Buffer,
  { length = 16 + payload.length, flags = 0, sequence = 9 } = {},
): Buffer {
  return padded(Buffer.concat([u32(length), u16(type), u16(flags), u32(sequence), u32(0), payload]));
}

/** The nine words of SK_MEMINFO. */
const memory = (drops: number) => Buffer.concat([Buffer.alloc(32, 1), u32(drops)]);

function attribute(type: number, data: Buffer, length: number = 4 + data.length): Buffer {
  return padded(Buffer.concat([u16(length), u16(type), data]));
}

/** struct inet_diag_msg. Ports are big-endian, and the low word of the cookie comes first on every machine. */
function row(family: number, ...attributes: Buffer[]): Buffer {
  const head = Buffer.alloc(72);
  head.set([family, 1, 0, 0], 0);
  head.writeUInt16BE(443, 4);
  head.writeUInt16BE(50_000, 6);
  head.set(u32(0x89abcdef), 44);
  head.set(u32(0x01234567), 48);
  return Buffer.concat([head, ...attributes]);
}

/** struct unix_diag_msg of a listener. */
function unixRow(family: number, ...attributes: Buffer[]): Buffer {
  const head = Buffer.concat([Buffer.of(family, 1, 10, 0), u32(77), u32(0x89abcdef), u32(0x01234567)]);
  return Buffer.concat([head, ...attributes]);
}

describe.skipIf(lacks("linux", "compiler"))("messages", () => {
  let folder: string;
  let program: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sockinfo-netlink-"));
    program = join(folder, "netlink-messages");
    const sources = [join(import.meta.dirname, "netlink-messages.cc"), join(root, "native/netlink.cc")];
    execFileSync("c++", ["-std=c++17", "-O1", "-Wall", "-Wextra", "-o", program, ...sources]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const decode = (...datagrams: Buffer[]) => run("decode", datagrams);
  const decodeUnix = (...payloads: Buffer[]) =>
    run(
      "unix",
      payloads.map((payload) => message(SOCK_DIAG_BY_FAMILY, payload)),
    );

  function run(mode: string, datagrams: readonly Buffer[]): string[] {
    const input = Buffer.concat(datagrams.flatMap((datagram) => [u32(datagram.length), datagram]));
    const output = execFileSync(program, [mode], { input, encoding: "utf8", maxBuffer: 1 << 28 });
    const lines = output.trimEnd().split("\n");
    expect(lines).toHaveLength(datagrams.length);
    return lines;
  }

  /** The row of `row()`, with this version and TCP_INFO. */
  const decoded = (version: number, length: number, sum: number, head = "20/0/9/0", drops = "-") =>
    expect.stringMatching(
      new RegExp(`^${head}/-?\\d+/${version}/443/50000/123456789abcdef/${length}/${sum}/${drops} end 0$`),
    );
  const refused = expect.stringMatching(new RegExp(`^20/0/9/-${EPROTO}/-?\\d+ end 0$`)) as string;
  const malformed = `end -${EPROTO}`;

  test("about sockets are decoded", () => {
    const info = Buffer.alloc(280, 1);
    expect(
      decode(
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET)),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET6, attribute(10, Buffer.of(6)), attribute(INFO, info))),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(INFO, Buffer.alloc(0)))),
        // Longer than there is space: cut.
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(INFO, Buffer.alloc(5000, 2)))),
        // NLA_F_NESTED and NLA_F_NET_BYTEORDER are flags, not parts of the type.
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(INFO | 0xc000, info)), { flags: 0x10 }),
        // The word of drops came with Linux 4.7.
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(SKMEMINFO, Buffer.alloc(32, 1)))),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(SKMEMINFO, Buffer.alloc(35, 1)))),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(SKMEMINFO, memory(7)), attribute(INFO, info))),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(SKMEMINFO, Buffer.concat([memory(0), u32(9)])))),
        // The last padding may be missing.
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(INFO, info), Buffer.of(5, 0, 3, 0, 7))).subarray(0, -3),
      ),
    ).toEqual([
      decoded(4, 0, 0),
      decoded(6, 280, 280),
      decoded(4, 0, 0),
      decoded(4, 368, 736),
      decoded(4, 280, 280, "20/10/9/0"),
      decoded(4, 0, 0),
      decoded(4, 0, 0),
      decoded(4, 280, 280, "20/0/9/0", "d7"),
      decoded(4, 0, 0, "20/0/9/0", "d0"),
      LITTLE ? decoded(4, 280, 280) : expect.any(String),
    ]);
  });

  test("that contradict themselves are refused", () => {
    expect(
      decode(
        Buffer.alloc(0),
        Buffer.alloc(1),
        Buffer.alloc(15),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET), { length: 15 }),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET), { length: 0 }),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET), { length: 89 }),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET), { length: 0xffff_ffff }),
        message(SOCK_DIAG_BY_FAMILY, row(AF_UNIX)),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET).subarray(0, 68)),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, Buffer.of(1, 2, 3, 4))),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(INFO, Buffer.alloc(8), 3))),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(INFO, Buffer.alloc(8), 0))),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(INFO, Buffer.alloc(8), 13))),
        message(SOCK_DIAG_BY_FAMILY, row(AF_INET, attribute(INFO, Buffer.alloc(8), 0xffff))),
      ),
    ).toEqual([
      "end 0",
      ...Array<string>(6).fill(malformed),
      // The kernel's 72 bytes, of another family; then what is too short; then five wrong attributes.
      ...Array<string>(7).fill(refused),
    ]);
  });

  test("of an error have its number", () => {
    const error = (number: number) => message(NLMSG_ERROR, Buffer.concat([u32(number), Buffer.alloc(16)]));
    const statuses = decode(
      error(-2),
      error(0),
      error(-4095),
      error(-4096),
      error(5),
      message(NLMSG_ERROR, Buffer.alloc(3)),
    ).map((line) => Number(line.split(/[ /]/)[4]));
    expect(statuses).toEqual([-2, 0, -4095, -EPROTO, -EPROTO, -EPROTO]);
  });

  test("are all decoded, if a datagram has several", () => {
    const three = Buffer.concat([1, 2, 3].map((sequence) => message(SOCK_DIAG_BY_FAMILY, row(AF_INET), { sequence })));
    const [whole, cut] = decode(three, three.subarray(0, -1));
    expect(whole).toMatch(/^20\/0\/1\/0\S* 20\/0\/2\/0\S* 20\/0\/3\/0\S* end 0$/);
    expect(cut).toMatch(new RegExp(`^20/0/1/0\\S* 20/0/2/0\\S* end -${EPROTO}$`));
  });

  test("about Unix sockets are decoded", () => {
    const [NAME, VFS, PEER, ICONS, RQLEN, MEMINFO, SHUTDOWN, UID] = [0, 1, 2, 3, 4, 5, 6, 7];
    const path = Buffer.from("/a\x1b[31m\n/");
    const long = Buffer.from(`/${"x".repeat(107)}\0`);
    const abstract = Buffer.from("\0ab\0\0");
    const head = "0/1/10/77/123456789abcdef";
    expect(
      decodeUnix(
        unixRow(AF_UNIX),
        unixRow(AF_UNIX, attribute(NAME, Buffer.concat([path, Buffer.of(0)])), attribute(SHUTDOWN, Buffer.of(0))),
        unixRow(AF_UNIX, attribute(NAME, path)),
        unixRow(AF_UNIX, attribute(NAME, long)),
        unixRow(AF_UNIX, attribute(NAME, Buffer.alloc(5000, 0x41))),
        unixRow(AF_UNIX, attribute(NAME, abstract)),
        unixRow(AF_UNIX, attribute(NAME, Buffer.alloc(0))),
        unixRow(AF_UNIX, attribute(PEER, u32(0)), attribute(UID, u32(4_294_967_294))),
        unixRow(AF_UNIX, attribute(PEER, Buffer.alloc(3)), attribute(UID, Buffer.alloc(0))),
        unixRow(AF_UNIX, attribute(VFS, Buffer.concat([u32(5), u32(0xfe00001)])), attribute(MEMINFO, memory(1))),
        unixRow(AF_UNIX, attribute(VFS, Buffer.alloc(7)), attribute(RQLEN, Buffer.alloc(7))),
        unixRow(AF_UNIX, attribute(RQLEN, Buffer.concat([u32(2), u32(511)])), attribute(UID, u32(0))),
        unixRow(AF_UNIX, attribute(ICONS, Buffer.alloc(12, 1)), attribute(PEER, u32(6))),
        unixRow(AF_UNIX, attribute(ICONS, Buffer.alloc(7, 1))),
      ),
    ).toEqual([
      `${head}/0/0/0/0/0/0/0//0/0 end 0`,
      `${head}/0/0/0/0/0/0/0/${path.toString("hex")}/0/0 end 0`,
      `${head}/0/0/0/0/0/0/0/${path.toString("hex")}/0/0 end 0`,
      `${head}/0/0/0/0/0/0/0/${long.subarray(0, 108).toString("hex")}/0/0 end 0`,
      `${head}/0/0/0/0/0/0/0/${"41".repeat(108)}/0/0 end 0`,
      `${head}/0/0/0/0/0/0/0/${abstract.toString("hex")}/0/0 end 0`,
      `${head}/0/0/0/0/0/0/0//0/0 end 0`,
      `${head}/3/0/4294967294/0/0/0/0//0/0 end 0`,
      `${head}/0/0/0/0/0/0/0//0/0 end 0`,
      `${head}/4/0/0/5/fe00001/0/0//0/0 end 0`,
      `${head}/0/0/0/0/0/0/0//0/0 end 0`,
      `${head}/a/0/0/0/0/2/511//0/0 end 0`,
      `${head}/1/6/0/0/0/0/0//12/12 end 0`,
      `${head}/0/0/0/0/0/0/0//7/7 end 0`,
    ]);
  });

  test("about Unix sockets that contradict themselves are refused", () => {
    const lines = decodeUnix(
      unixRow(AF_INET),
      unixRow(AF_UNIX).subarray(0, 15),
      unixRow(AF_UNIX, Buffer.of(1, 2)),
      unixRow(AF_UNIX, attribute(0, Buffer.alloc(8), 3)),
      unixRow(AF_UNIX, attribute(0, Buffer.alloc(8), 13)),
      unixRow(AF_UNIX, attribute(3, Buffer.alloc(8), 0xffff)),
    );
    for (const line of lines) expect(line).toBe(`-${EPROTO} end 0`);
  });

  test.each([
    ["TCP", "decode", row(AF_INET, attribute(SKMEMINFO, memory(1)), attribute(INFO, Buffer.alloc(280, 1)))],
    ["Unix", "unix", unixRow(AF_UNIX, attribute(0, Buffer.alloc(40, 65)), attribute(3, Buffer.alloc(240, 1)))],
  ])("of any length and bytes never lead beyond their end: %s", (_family, mode, payload) => {
    const whole = message(SOCK_DIAG_BY_FAMILY, payload);
    const cuts = Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length));
    for (const line of run(mode, cuts.slice(1))) expect(line).toBe(malformed);
    const changed = Array.from({ length: 20_000 }, (_, seed) => {
      const bytes = Buffer.from(whole.subarray(0, 16 + ((seed * 7) % (whole.length - 15))));
      // A linear congruential generator, so that a failure can be repeated.
      let state = seed;
      for (let change = 0; change < 1 + (seed % 4); change++) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
        bytes[state % bytes.length] = [0, 1, 0x7f, 0x80, 0xff, state & 0xff][state % 6] as number;
      }
      if (seed % 2 === 0) bytes.set(u32(bytes.length), 0);
      return bytes;
    });
    for (const line of run(mode, changed)) expect(line).toMatch(/ ?end (0|-\d+)$/);
  });

  test.skipIf(lacks("root"))("of other processes are not received, and truncation and loss are reported", () => {
    expect(execFileSync(program, ["receive"], { encoding: "utf8" }).trim().split("\n")).toEqual([
      `empty -${EAGAIN}`,
      // The kernel delivers it.
      "sent 16",
      "forged 0",
      expect.stringMatching(/^kernel 20 3\/\w+\/5\/-\d+\/0 end 0$/),
      `truncated -${EMSGSIZE}`,
      `empty -${EAGAIN}`,
      `lost -${ENOBUFS}`,
      "next 1",
    ]);
  });
});
