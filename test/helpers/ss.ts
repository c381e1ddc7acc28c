// Reads the output of ss (iproute2): `ss -tinoO` for a connection, as properties of TcpInfo, and `ss -ltn` for a
// listener.
import { execFileSync } from "node:child_process";
import type { Socket } from "node:net";

const STATES: Record<string, string> = {
  ESTAB: "ESTABLISHED",
  "CLOSE-WAIT": "CLOSE_WAIT",
  "FIN-WAIT-1": "FIN_WAIT_1",
  "FIN-WAIT-2": "FIN_WAIT_2",
  "LAST-ACK": "LAST_ACK",
  CLOSING: "CLOSING",
};

/** In the order of the kernel's bits. */
const OPTIONS = [
  [/^ts$/, "TIMESTAMPS"],
  [/^sack$/, "SACK"],
  [/^wscale:/, "WSCALE"],
  [/^ecn$/, "ECN"],
  [/^ecnseen$/, "ECN_SEEN"],
  [/^usec_ts$/, "USEC_TS"],
] as const;

/** `name:value` of ss → property; the unit is the same on both sides. */
const VALUES: Record<string, string> = {
  rto: "rtoMs",
  ato: "atoMs",
  mss: "sndMssBytes",
  pmtu: "pmtuBytes",
  rcvmss: "rcvMssBytes",
  advmss: "advMssBytes",
  cwnd: "sndCwndSegments",
  ssthresh: "sndSsthreshSegments",
  bytes_sent: "bytesSent",
  bytes_retrans: "retransmittedBytes",
  bytes_acked: "bytesAcked",
  bytes_received: "bytesReceived",
  segs_out: "segmentsSent",
  segs_in: "segmentsReceived",
  data_segs_out: "dataSegmentsSent",
  data_segs_in: "dataSegmentsReceived",
  lastsnd: "sinceLastDataSentMs",
  lastrcv: "sinceLastDataReceivedMs",
  lastack: "sinceLastAckReceivedMs",
  delivered: "deliveredSegments",
  unacked: "unackedSegments",
  reordering: "reorderingThresholdSegments",
  rcv_rtt: "rcvRttMs",
  rcv_space: "rcvSpaceBytes",
  rcv_ssthresh: "rcvSsthreshBytes",
  notsent: "notSentBytes",
  minrtt: "minRttMs",
  snd_wnd: "sndWndBytes",
  rcv_wnd: "rcvWndBytes",
  busy: "busyTimeMs",
  rwnd_limited: "rwndLimitedTimeMs",
  sndbuf_limited: "sndbufLimitedTimeMs",
};

/** "18.7Gbps" → bytes per second. */
function bytesPerSecond(text: string): number {
  const [, number, prefix] = /^([\d.]+)([KMGT]?)bps$/.exec(text) as unknown as [string, string, string];
  return (Number(number) * 1000 ** " KMGT".indexOf(prefix || " ")) / 8;
}

export function readSs(socket: Socket): Record<string, unknown> {
  const v6 = socket.remoteFamily === "IPv6";
  const filter = [`sport = :${socket.localPort}`, "and", `dport = :${socket.remotePort}`].join(" ");
  const output = execFileSync("ss", ["-tinoOH", v6 ? "-6" : "-4", filter], { encoding: "utf8" }).trim();
  const words = output.split(/\s+/);
  const info: Record<string, unknown> = { state: STATES[words[0] as string] };
  info["options"] = OPTIONS.filter(([mark]) => words.some((word) => mark.test(word))).map(([, name]) => name);
  words.forEach((word, index) => {
    const [name, value] = word.split(":") as [string, string | undefined];
    if (word === "app_limited") info["isDeliveryRateAppLimited"] = true;
    if (name === "delivery_rate") info["deliveryRateBytesPerSecond"] = bytesPerSecond(words[index + 1] ?? "");
    if (name === "pacing_rate")
      info["pacingRateBytesPerSecond"] = bytesPerSecond((words[index + 1] ?? "").replace(/\/.*/, ""));
    if (value === undefined) return;
    if (name === "rtt") [info["rttMs"], info["rttVarMs"]] = value.split("/").map(Number);
    if (name === "wscale") [info["sndWscale"], info["rcvWscale"]] = value.split(",").map(Number);
    // A unit follows a time ("busy:12ms"), and a percentage may follow the unit ("rwnd_limited:5ms(41.7%)").
    const property = VALUES[name];
    if (property !== undefined) info[property] = Number.parseFloat(value);
  });
  return info;
}

/** The columns Recv-Q and Send-Q of a listener: the number of connections that wait to be accepted, and its limit. */
export function readSsListener(port: number): { recvQ: number; sendQ: number } {
  const output = execFileSync("ss", ["-ltnH", `sport = :${port}`], { encoding: "utf8" });
  const [, recvQ, sendQ] = output.trim().split(/\s+/).map(Number) as [number, number, number];
  return { recvQ, sendQ };
}

/** What `ss -tmO` prints of one connection or listener: the two columns, and `skmem:(r0,rb131072,…)` by its words. */
export interface SsQueues {
  readonly recvQ: number;
  readonly sendQ: number;
  readonly memory: Readonly<Record<string, number>>;
}

/** `filter` is one of ss(8), such as `sport = :80`. */
export function readSsQueues(filter: string, ...flags: string[]): SsQueues {
  const output = execFileSync("ss", ["-tmnOH", ...flags, filter], { encoding: "utf8" });
  const columns = output.trim().split(/\s+/);
  // Without -a or -l, the first column is the state.
  const [recvQ, sendQ] = columns.slice(1, 3).map(Number) as [number, number];
  const [, list = ""] = /skmem:\((.*?)\)/.exec(output) ?? [];
  const words = list.split(",").map((word) => /^([a-z]+)(-?\d+)$/.exec(word) as unknown as [string, string, string]);
  return { recvQ, sendQ, memory: Object.fromEntries(words.map(([, name, value]) => [name, Number(value)])) };
}

/** The filter of one end of a connection. */
export function filterOf({ localPort, remotePort }: Socket): string {
  return `sport = :${localPort} and dport = :${remotePort}`;
}
