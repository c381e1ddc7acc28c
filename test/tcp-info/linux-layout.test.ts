// The Linux decoder against the running kernel's own layout (BTF), and against the lengths that kernels have returned.
import { endianness } from "node:os";
import { decodeTcpInfo, getTcpInfo, getTcpInfoBytes, type LinuxTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { kernelStruct, type Member } from "../helpers/btf";
import { linuxFields } from "../helpers/docs";
import { lacks } from "../helpers/needs";
import { connectPair } from "../helpers/servers";

const OPTIONS_AT = 5;
const WSCALE = 4;

const decode = (bytes: Uint8Array) => decodeTcpInfo(bytes, "linux") as unknown as Record<string, unknown>;
const names = (info: LinuxTcpInfo) =>
  Object.keys(info).filter((name) => info[name as keyof LinuxTcpInfo] !== undefined);

/**
 * Writes `value` to the member. Bits count from the low end on little-endian machines, and from the high end on
 * others.
 */
function write(bytes: Uint8Array, { bitOffset, bitSize }: Member, value: bigint): void {
  const little = endianness() === "LE";
  for (let bit = 0; bit < bitSize; bit++) {
    if (!((value >> BigInt(bit)) & 1n)) continue;
    const at = bitOffset + (little ? bit : bitSize - 1 - bit);
    const mask = little ? 1 << (at & 7) : 0x80 >> (at & 7);
    bytes[at >> 3] = (bytes[at >> 3] ?? 0) | mask;
  }
}

/** A value in which every byte differs, and the expected property. */
function sample({ bitSize }: Member, unit: string, property: string): [bigint, unknown] {
  switch (property) {
    case "state":
      return [8n, "CLOSE_WAIT"];
    case "caState":
      return [3n, "RECOVERY"];
    case "options":
      return [0x8dn, ["TIMESTAMPS", "WSCALE", "ECN", "TFO_CHILD"]];
    case "fastopenClientFail":
      return [2n, "DATA_NOT_ACKED"];
    case "isDeliveryRateAppLimited":
      return [1n, true];
  }
  const value = bitSize < 8 ? 9n : 0x01_02_03_04_05_06_07n % 2n ** BigInt(bitSize);
  return [value, unit === "µs" ? Number(value) / 1000 : Number(value)];
}

describe.skipIf(lacks("linux", "btf"))("against the running kernel's struct tcp_info", () => {
  const { size, members } = lacks("btf") ? { size: 0, members: [] } : kernelStruct("tcp_info");
  const documented = new Map(linuxFields.map((row) => [row.field, row]));
  // In Linux 6.18 and 6.19 the last 4 bytes have two other fields, which we leave out, as docs/tcp-info.md says.
  const ours = members.filter((member) => member.bitOffset < 276 * 8);

  test("the kernel has no unknown field", () => {
    expect(size).toBeLessThanOrEqual(280);
    expect(ours.map((member) => member.name).filter((name) => !documented.has(name))).toEqual([]);
  });

  test("a real struct has the same length, and fields that this kernel lacks are undefined", async () => {
    const { accepted } = await connectPair();
    expect(getTcpInfoBytes(accepted)).toHaveLength(size);
    const here = new Set(members.map((member) => member.name));
    const absent = linuxFields.filter(({ field }) => !here.has(field)).map(({ property }) => property);
    expect(getTcpInfo(accepted)).toMatchObject(Object.fromEntries(absent.map((property) => [property, undefined])));
  });

  test.each(ours.map((member) => [member.name, member] as const))(
    "%s is read at its offset, with its size",
    (name, member) => {
      const { property, unit } = documented.get(name) as (typeof linuxFields)[number];
      const before = new Uint8Array(size);
      // With a segment size of 0 the decoder would take other zeros for missing values.
      before[endianness() === "LE" ? 16 : 19] = 1;
      // Window scales count only with their option, and rttvar only with a sample of rtt.
      if (name.endsWith("wscale")) before[OPTIONS_AT] = WSCALE;
      if (name === "tcpi_rttvar") before[68] = 1;
      const after = Uint8Array.from(before);
      const [value, expected] = sample(member, unit, property);
      write(after, member, value);

      const [old, now] = [decode(before), decode(after)];
      expect(now[property]).toEqual(expected);
      const products =
        {
          tcpi_snd_mss: ["sndCwndBytes", "sndSsthreshBytes"],
          tcpi_snd_cwnd: ["sndCwndBytes"],
          tcpi_snd_ssthresh: ["sndSsthreshBytes"],
        }[name] ?? [];
      const together = { tcpi_rtt: ["rttVarMs"], tcpi_options: ["sndWscale", "rcvWscale"] }[name] ?? [];
      const changed = Object.keys(now).filter((key) => !Object.is(JSON.stringify(now[key]), JSON.stringify(old[key])));
      expect(changed.filter((key) => ![property, ...products, ...together].includes(key))).toEqual([]);
    },
  );

  test.each([0, 1, 5, 6, 7, 8, 103, 104, 120, 136, 144, 160, 168, 192, 200, 224, 232, 240, 243, 248, 275])(
    "of %i bytes the decoder returns exactly the fields that end within them",
    (length) => {
      const present = new Set(names(decodeTcpInfo(new Uint8Array(length).fill(5), "linux")));
      // These bits are in a byte that older kernels have, too, so the length does not show them. A later field stands
      // in.
      const proxies: Record<string, number> = { tcpi_delivery_rate_app_limited: 168, tcpi_fastopen_client_fail: 232 };
      for (const { name, bitOffset, bitSize } of ours) {
        const end = proxies[name] ?? Math.ceil((bitOffset + bitSize) / 8);
        // The pattern is no member of this enumeration.
        if (name === "tcpi_ca_state") continue;
        const { property } = documented.get(name) as (typeof linuxFields)[number];
        const needs = name === "tcpi_rttvar" ? 76 : end;
        expect([name, present.has(property)]).toEqual([name, needs <= length]);
      }
    },
  );
});

describe("by kernel", () => {
  const lengths: [kernel: string, length: number][] = [
    ["2.6", 104],
    ["3.15", 120],
    ["4.1", 136],
    ["4.2", 144],
    ["4.6", 160],
    ["4.9", 168],
    ["4.10", 192],
    ["4.18", 200],
    ["4.19", 224],
    ["5.5", 232],
    ["6.2", 240],
    ["6.7", 248],
    ["6.18", 280],
  ];
  const order = (kernel: string) => kernel.split(".").reduce((sum, part) => sum * 1000 + Number(part), 0);

  test.each(lengths)("Linux %s, %i bytes: the fields that docs/tcp-info.md says it has", (kernel, length) => {
    const present = names(decodeTcpInfo(new Uint8Array(length).fill(4), "linux", { kernelRelease: kernel }));
    const documented = linuxFields.filter(({ since }) => order(since) <= order(kernel)).map(({ property }) => property);
    const products = ["platform", "sndCwndBytes", "sndSsthreshBytes"];
    expect(present.toSorted()).toEqual([...documented, ...products].toSorted());
  });

  test.skipIf(lacks("linux")).each(lengths)(
    "a struct of this kernel, cut to the length of Linux %s, %i bytes",
    async (_kernel, length) => {
      const { accepted } = await connectPair();
      const bytes = getTcpInfoBytes(accepted);
      const whole: Record<string, unknown> = { ...decodeTcpInfo(bytes, "linux") };
      const cut: Record<string, unknown> = { ...decodeTcpInfo(bytes.subarray(0, length), "linux") };
      expect(cut["retransmittedSegments"]).toBe(0);
      // From 4.18 on, a zero in this field means that the kernel does not count it.
      for (const name of Object.keys(cut).filter((key) => key !== "forwardAckedSegments"))
        expect([undefined, whole[name]]).toContainEqual(cut[name]);
    },
  );

  test("the last 4 bytes are read from Linux 7.0 on, or if the struct is longer than 280 bytes", () => {
    const bytes = new Uint8Array(280);
    bytes.set([0b1001_1110, 1, 2, 3], 276);
    const at = (kernelRelease: string | undefined, data = bytes) =>
      decodeTcpInfo(data, "linux", { endianness: "LE", ...(kernelRelease && { kernelRelease }) });
    const word = {
      ecnMode: "ACCECN",
      accecnOptSeen: "FAIL",
      accecnFailMode: ["ACE_SEND", "OPT_RECV"],
      options2Bits: 0x03_0201,
    };
    const none = { ecnMode: undefined, accecnOptSeen: undefined, accecnFailMode: undefined, options2Bits: undefined };
    expect(at("7.0.0-rc1")).toMatchObject(word);
    expect(at("10.1")).toMatchObject(word);
    expect(at("6.19.3")).toMatchObject(none);
    expect(at(undefined)).toMatchObject(none);
    const longer = new Uint8Array(288);
    longer.set(bytes);
    expect(at(undefined, longer)).toMatchObject(word);
  });
});
