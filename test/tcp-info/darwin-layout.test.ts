// The macOS decoder against struct tcp_connection_info of Apple's netinet/tcp.h. The members are laid out here by the
// rules of C; native/socket_info_darwin.cc asserts that the compiler agrees.
import { decodeTcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { darwinFields } from "../helpers/docs";

const DECLARATION = `
  u_int8_t tcpi_state; u_int8_t tcpi_snd_wscale; u_int8_t tcpi_rcv_wscale; u_int8_t __pad1;
  u_int32_t tcpi_options; u_int32_t tcpi_flags; u_int32_t tcpi_rto; u_int32_t tcpi_maxseg; u_int32_t tcpi_snd_ssthresh;
  u_int32_t tcpi_snd_cwnd; u_int32_t tcpi_snd_wnd; u_int32_t tcpi_snd_sbbytes; u_int32_t tcpi_rcv_wnd;
  u_int32_t tcpi_rttcur; u_int32_t tcpi_srtt; u_int32_t tcpi_rttvar;
  u_int32_t tcpi_tfo_cookie_req:1, tcpi_tfo_cookie_rcv:1, tcpi_tfo_syn_loss:1, tcpi_tfo_syn_data_sent:1,
    tcpi_tfo_syn_data_acked:1, tcpi_tfo_syn_data_rcv:1, tcpi_tfo_cookie_req_rcv:1, tcpi_tfo_cookie_sent:1,
    tcpi_tfo_cookie_invalid:1, tcpi_tfo_cookie_wrong:1, tcpi_tfo_no_cookie_rcv:1, tcpi_tfo_heuristics_disable:1,
    tcpi_tfo_send_blackhole:1, tcpi_tfo_recv_blackhole:1, tcpi_tfo_onebyte_proxy:1, __pad2:17;
  u_int64_t tcpi_txpackets; u_int64_t tcpi_txbytes; u_int64_t tcpi_txretransmitbytes; u_int64_t tcpi_rxpackets;
  u_int64_t tcpi_rxbytes; u_int64_t tcpi_rxoutoforderbytes; u_int64_t tcpi_txretransmitpackets;`;

interface Place {
  readonly name: string;
  readonly bitOffset: number;
  readonly bits: number;
}

function layOut(declaration: string): Place[] {
  const places: Place[] = [];
  let end = 0;
  for (const statement of declaration
    .split(";")
    .map((text) => text.trim())
    .filter(Boolean)) {
    const [, width, list] = /^u_int(\d+)_t\s+([^]+)$/.exec(statement) as unknown as [string, string, string];
    const size = Number(width);
    let bit = Math.ceil(end / size) * size;
    end = bit + size;
    for (const member of list.split(",").map((text) => text.trim())) {
      const [name, bits] = member.split(":") as [string, string?];
      places.push({ name, bitOffset: bit, bits: Number(bits ?? width) });
      bit += Number(bits ?? width);
    }
  }
  return places.filter(({ name }) => !name.startsWith("__pad"));
}

const places = layOut(DECLARATION);
const documented = new Map(darwinFields.map((row) => [row.field, row.property]));
const OPTIONS_AT = 4;
const WSCALE = 4;

function write(bytes: Uint8Array, { bitOffset, bits }: Place, value: bigint): void {
  for (let bit = 0; bit < bits; bit++) {
    const at = bitOffset + bit;
    if ((value >> BigInt(bit)) & 1n) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
  }
}

test("every member is documented", () => {
  expect(places.map(({ name }) => name).toSorted()).toEqual([...documented.keys()].toSorted());
});

test.each(places.map((place) => [place.name, place] as const))(
  "%s is read at its place, at its size",
  (name, place) => {
    const before = new Uint8Array(112);
    if (name.endsWith("wscale")) before[OPTIONS_AT] = WSCALE;
    if (name === "tcpi_rttvar") before[44] = 1;
    const after = Uint8Array.from(before);
    const value = place.bits === 1 ? 1n : 0x01_02_03_04_05_06_07n % 2n ** BigInt(place.bits);
    const named: Record<string, [bigint, unknown]> = {
      tcpi_state: [5n, "CLOSE_WAIT"],
      tcpi_options: [9n, ["TIMESTAMPS", "ECN"]],
      tcpi_flags: [2n, ["REORDERING_DETECTED"]],
    };
    const [raw, expected] = named[name] ?? [value, place.bits === 1 ? true : Number(value)];
    write(after, place, raw);
    const old = { ...decodeTcpInfo(before, "darwin") } as Record<string, unknown>;
    const now = { ...decodeTcpInfo(after, "darwin") } as Record<string, unknown>;
    const property = documented.get(name) as string;
    expect(now[property]).toEqual(expected);
    const together = name === "tcpi_srtt" ? ["rttVarMs"] : [];
    const changed = Object.keys(now).filter((key) => JSON.stringify(now[key]) !== JSON.stringify(old[key]));
    expect(changed.filter((key) => key !== property && !together.includes(key))).toEqual([]);
  },
);

describe("values", () => {
  /** Not captured: reconstructed from published figures of a real connection, with the layout of the declaration. */
  function reconstruct(values: Record<string, number>): Uint8Array {
    const bytes = new Uint8Array(112);
    for (const place of places) write(bytes, place, BigInt(values[place.name] ?? 0));
    return bytes;
  }
  const phone = reconstruct({
    tcpi_state: 4,
    tcpi_options: 7,
    tcpi_snd_wscale: 7,
    tcpi_rcv_wscale: 6,
    tcpi_srtt: 192,
    tcpi_rttcur: 192,
    tcpi_rttvar: 96,
    tcpi_snd_cwnd: 4380,
    tcpi_snd_ssthresh: 1_073_725_440,
    tcpi_maxseg: 1408,
    tcpi_txpackets: 139,
    tcpi_txbytes: 138_829,
    tcpi_txretransmitbytes: 2816,
    tcpi_txretransmitpackets: 2,
  });

  test("a connection that was just made", () => {
    expect(decodeTcpInfo(phone, "darwin")).toMatchObject({
      platform: "darwin",
      state: "ESTABLISHED",
      options: ["TIMESTAMPS", "SACK", "WSCALE"],
      sndWscale: 7,
      rcvWscale: 6,
      rttMs: 192,
      rttVarMs: 96,
      latestRttMs: 192,
      rtoMs: undefined,
      sndMssBytes: 1408,
      sndCwndBytes: 4380,
      sndSsthreshBytes: Infinity,
      bytesSent: 138_829,
      retransmittedBytes: 2816,
      retransmittedSegments: 2,
    });
  });

  test("104 bytes, of an older system: all properties but the last counter", () => {
    const [whole, older] = [decodeTcpInfo(phone, "darwin"), decodeTcpInfo(phone.subarray(0, 104), "darwin")];
    expect(older).toEqual({ ...whole, retransmittedSegments: undefined });
  });

  test("before the first sample there is no round-trip time", () => {
    const info = decodeTcpInfo(reconstruct({ tcpi_state: 4, tcpi_rttvar: 3 }), "darwin");
    expect(info).toMatchObject({ rttMs: undefined, rttVarMs: undefined, latestRttMs: undefined });
  });

  test("every state has the name that it has on Linux", () => {
    const states = Array.from(
      { length: 12 },
      (_, state) => decodeTcpInfo(reconstruct({ tcpi_state: state }), "darwin").state,
    );
    expect(states).toEqual([
      "CLOSED",
      "LISTEN",
      "SYN_SENT",
      "SYN_RECEIVED",
      "ESTABLISHED",
      "CLOSE_WAIT",
      "FIN_WAIT_1",
      "CLOSING",
      "LAST_ACK",
      "FIN_WAIT_2",
      "TIME_WAIT",
      undefined,
    ]);
  });
});
