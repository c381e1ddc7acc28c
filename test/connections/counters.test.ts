// diffTcpInfo: which fields are counters, by the kernel's sources, and how wide they are, by the running kernel.
import { assert, nat, pre, property as given, uint8Array } from "fast-check";
import { decodeTcpInfo, type TcpInfo } from "sockinfo";
import { diffTcpInfo } from "sockinfo/connections";
import { describe, expect, test } from "vitest";
import { kernelStruct } from "../helpers/btf";
import { darwinFields, type DocumentedField, linuxFields } from "../helpers/docs";
import { lacks } from "../helpers/needs";

/**
 * The fields that `tcp_get_info` of net/ipv4/tcp.c sets to a current value: windows, queues, timers, estimates,
 * negotiated options. All other fields only grow.
 */
const LINUX_GAUGES = `tcpi_state tcpi_ca_state tcpi_retransmits tcpi_probes tcpi_backoff tcpi_options tcpi_snd_wscale
  tcpi_rcv_wscale tcpi_delivery_rate_app_limited tcpi_fastopen_client_fail tcpi_rto tcpi_ato tcpi_snd_mss tcpi_rcv_mss
  tcpi_unacked tcpi_sacked tcpi_lost tcpi_retrans tcpi_fackets tcpi_last_data_sent tcpi_last_ack_sent tcpi_last_data_recv
  tcpi_last_ack_recv tcpi_pmtu tcpi_rcv_ssthresh tcpi_rtt tcpi_rttvar tcpi_snd_ssthresh tcpi_snd_cwnd tcpi_advmss
  tcpi_reordering tcpi_rcv_rtt tcpi_rcv_space tcpi_pacing_rate tcpi_max_pacing_rate tcpi_notsent_bytes tcpi_min_rtt
  tcpi_delivery_rate tcpi_snd_wnd tcpi_rcv_wnd tcpi_ecn_mode tcpi_accecn_opt_seen tcpi_accecn_fail_mode
  tcpi_options2`.split(/\s+/);

/** The fields of `struct tcp_connection_info` that do not count packets or bytes since the beginning. */
const DARWIN_GAUGES =
  `tcpi_state tcpi_snd_wscale tcpi_rcv_wscale tcpi_options tcpi_flags tcpi_rto tcpi_maxseg tcpi_snd_ssthresh
  tcpi_snd_cwnd tcpi_snd_wnd tcpi_snd_sbbytes tcpi_rcv_wnd tcpi_rttcur tcpi_srtt tcpi_rttvar tcpi_tfo_cookie_req
  tcpi_tfo_cookie_rcv tcpi_tfo_syn_loss tcpi_tfo_syn_data_sent tcpi_tfo_syn_data_acked tcpi_tfo_syn_data_rcv
  tcpi_tfo_cookie_req_rcv tcpi_tfo_cookie_sent tcpi_tfo_cookie_invalid tcpi_tfo_cookie_wrong tcpi_tfo_no_cookie_rcv
  tcpi_tfo_heuristics_disable tcpi_tfo_send_blackhole tcpi_tfo_recv_blackhole tcpi_tfo_onebyte_proxy`.split(/\s+/);

const SIZES = { linux: 280, darwin: 112 };

/** A reading that has every field. */
function reading(platform: TcpInfo["platform"], length = SIZES[platform]): TcpInfo {
  return decodeTcpInfo(new Uint8Array(length).fill(4), platform);
}

function countersOf(platform: TcpInfo["platform"], length?: number): string[] {
  const info = reading(platform, length);
  return Object.entries(diffTcpInfo(info, info)).flatMap(([name, grown]) => (grown === undefined ? [] : name));
}

const propertiesOf = (fields: readonly DocumentedField[]) => fields.map(({ property }) => property).toSorted();

describe("the counters are all fields that are not gauges", () => {
  test("on Linux", () => {
    const known = new Set(linuxFields.map(({ field }) => field));
    expect(LINUX_GAUGES.filter((name) => !known.has(name))).toEqual([]);
    const counters = linuxFields.filter(({ field }) => !LINUX_GAUGES.includes(field));
    expect(countersOf("linux").toSorted()).toEqual(propertiesOf(counters));
  });

  test("on macOS", () => {
    const counters = darwinFields.filter(({ field }) => !DARWIN_GAUGES.includes(field));
    expect(countersOf("darwin").toSorted()).toEqual(propertiesOf(counters));
  });

  test("results of both systems have all names, in the same order", () => {
    const keysOf = (info: TcpInfo) => Object.keys(diffTcpInfo(info, info));
    expect(keysOf(reading("linux"))).toEqual(keysOf(reading("darwin")));
  });
});

test.each([104, 136, 200, 224, 240])("with a struct of %i bytes the missing counters are undefined", (length) => {
  const present = countersOf("linux", length);
  const info: Partial<Record<string, unknown>> = { ...reading("linux", length) };
  expect(present).toEqual(countersOf("linux").filter((name) => info[name] !== undefined));
  expect(present.length).toBeLessThan(countersOf("linux").length);
  // The same if only one of the two readings has the field.
  const missing = countersOf("linux").filter((name) => !present.includes(name));
  const grown: Partial<Record<string, unknown>> = { ...diffTcpInfo(reading("linux", length), reading("linux")) };
  expect(missing.filter((name) => grown[name] !== undefined)).toEqual([]);
});

describe("a counter that has grown by n results in n", () => {
  const info = reading("linux");
  const grownBy = (property: string, before: number, after: number) => {
    const [from, to] = [before, after].map((value) => ({ ...info, [property]: value })) as [TcpInfo, TcpInfo];
    return (diffTcpInfo(from, to) as Partial<Record<string, number>>)[property];
  };
  const unitOf = new Map(linuxFields.map(({ field, property, unit }) => [field, { property, unit }]));
  const members = lacks("btf") ? [] : kernelStruct("tcp_info").members;
  const counters = members
    .filter(({ name }) => unitOf.has(name) && !LINUX_GAUGES.includes(name))
    .map(({ name, bitSize }) => [unitOf.get(name)?.property as string, bitSize, unitOf.get(name)?.unit] as const);

  test.skipIf(lacks("linux", "btf")).each(counters)("%s, of %i bits, across a wrap", (property, bitSize, unit) => {
    if (bitSize === 64) {
      const largest = unit === "µs" ? 2 ** 43 : 2 ** 53;
      assert(
        given(nat({ max: largest - 1 }), nat(), (before, growth) => {
          pre(before + growth < largest);
          const scale = unit === "µs" ? 1000 : 1;
          expect(grownBy(property, before / scale, (before + growth) / scale)).toBe(growth / scale);
        }),
      );
      return;
    }
    const size = 2 ** bitSize;
    expect(grownBy(property, size - 1, 0)).toBe(1);
    assert(
      given(nat({ max: size - 1 }), nat({ max: size / 2 - 1 }), (before, growth) => {
        expect(grownBy(property, before, (before + growth) % size)).toBe(growth);
      }),
    );
  });

  test.skipIf(lacks("linux", "btf"))("the running kernel has such counters", () => {
    expect(counters.length).toBeGreaterThan(5);
  });

  test("on macOS, where all have 64 bits", () => {
    const before = reading("darwin");
    for (const property of countersOf("darwin")) {
      const value = (before as unknown as Record<string, number>)[property] as number;
      const after = { ...before, [property]: value + 2 ** 40 } as TcpInfo;
      expect(diffTcpInfo(before, after)).toMatchObject({ [property]: 2 ** 40 });
    }
  });
});

test.each([
  [undefined, reading("linux")],
  [reading("linux"), null],
  [{}, {}],
  [{ platform: "win32" }, { platform: "win32" }],
  [reading("linux"), reading("darwin")],
])("two values that are not readings of one platform are refused: %#", (before, after) => {
  expect(() => diffTcpInfo(before as never, after as never)).toThrow(
    expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT", name: "SocketInfoError" }),
  );
});

describe("no counter is negative or wrapped", () => {
  const zero: TcpInfo = { ...reading("linux"), ...Object.fromEntries(countersOf("linux").map((name) => [name, 0])) };
  const counters = countersOf("linux");
  const bytesOfEcn = counters.filter((name) => /^(delivered|received)(Ect1|Ect0|Ce)Bytes$/.test(name));
  const refused = expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT", name: "SocketInfoError" });
  const grown = (name: string, by: number) => ({ ...zero, [name]: by });

  test.each(counters.filter((name) => !bytesOfEcn.includes(name)))("readings in the wrong order: %s", (name) => {
    expect(diffTcpInfo(zero, grown(name, 1))).toMatchObject({ [name]: 1 });
    expect(() => diffTcpInfo(grown(name, 1), zero)).toThrow(refused);
    expect(() => diffTcpInfo(grown(name, 1), zero)).toThrow(`later reading of the same connection`);
    expect(() => diffTcpInfo(grown(name, 1), zero)).toThrow(name);
  });

  test.each(bytesOfEcn)("%s, which may wrap between two readings in order", (name) => {
    expect(bytesOfEcn).toHaveLength(6);
    expect(diffTcpInfo(zero, grown(name, 2 ** 31 - 1))).toMatchObject({ [name]: 2 ** 31 - 1 });
    expect(diffTcpInfo(zero, grown(name, 2 ** 31))).toMatchObject({ [name]: undefined });
    expect(diffTcpInfo(grown(name, 1), zero)).toMatchObject({ [name]: undefined });
  });

  test("of any two readings, in any order", () => {
    assert(
      given(uint8Array({ minLength: 280, maxLength: 280 }), uint8Array({ minLength: 280, maxLength: 280 }), (a, b) => {
        const [before, after] = [decodeTcpInfo(a, "linux"), decodeTcpInfo(b, "linux")];
        let result: object = {};
        try {
          result = diffTcpInfo(before, after);
        } catch (error) {
          expect(error).toEqual(refused);
        }
        for (const growth of Object.values(result) as (number | undefined)[]) {
          if (growth !== undefined) expect(growth).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test("undefined if the kernel has reset the counters, in both orders", () => {
    const reset = decodeTcpInfo(
      Uint8Array.from({ length: 280 }, (_, at) => (at === 0 ? 7 : at === 16 ? 1 : 0)),
      "linux",
    );
    for (const counter of Object.values({ ...diffTcpInfo(zero, reset), ...diffTcpInfo(reset, zero) }))
      expect(counter).toBeUndefined();
  });
});
