// All properties of TCP_INFO, in groups, each with its unit. The names are those of docs/tcp-info.md.
import { element, setText, textNode } from "./dom";

/** Properties that are in no group come last, so a newer server's are shown, too. */
const GROUPS: readonly (readonly [title: string, names: string])[] = [
  ["Round trip", "rttMs minRttMs rttVarMs rcvRttMs rtoMs atoMs"],
  [
    "Sending",
    "sndCwndBytes sndCwndSegments sndSsthreshBytes sndSsthreshSegments sndWndBytes sndMssBytes pacingRateBytesPerSecond " +
      "maxPacingRateBytesPerSecond deliveryRateBytesPerSecond isDeliveryRateAppLimited bytesSent bytesAcked segmentsSent " +
      "dataSegmentsSent deliveredSegments",
  ],
  [
    "Waiting now",
    "notSentBytes unackedSegments unackedSackedSegments unackedLostSegments unackedRetransmittedSegments " +
      "consecutiveRtos unansweredProbes timerBackoffs",
  ],
  [
    "Loss so far",
    "retransmittedSegments retransmittedBytes dsackDuplicateSegments totalRtos totalRtoRecoveries totalRtoTimeMs " +
      "reorderingEvents reorderingThresholdSegments rehashAttempts",
  ],
  ["Limited so far", "busyTimeMs rwndLimitedTimeMs sndbufLimitedTimeMs"],
  [
    "Receiving",
    "rcvWndBytes rcvMssBytes rcvSpaceBytes rcvSsthreshBytes bytesReceived segmentsReceived dataSegmentsReceived " +
      "outOfOrderSegmentsReceived",
  ],
  ["Time since", "sinceLastDataSentMs sinceLastDataReceivedMs sinceLastAckReceivedMs sinceLastAckSentMs"],
  ["State", "state caState platform isMptcp options sndWscale rcvWscale pmtuBytes advMssBytes"],
];
const MORE = "More";

const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });

/** JSON leaves out what is unknown, and has no number for "no limit". */
export function fieldText(name: string, value: unknown): string {
  if (value === undefined) return "-";
  if (value === null) return "no limit";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(" ");
  if (typeof value !== "number") return typeof value === "string" ? value : JSON.stringify(value);
  return `${numbers.format(value)}${unitOf(name)}`;
}

function unitOf(name: string): string {
  if (name.endsWith("BytesPerSecond")) return " B/s";
  if (name.endsWith("Ms")) return " ms";
  return name.endsWith("Bytes") || /^bytes[A-Z]/.test(name) ? " B" : "";
}

export class Fields {
  readonly element = element("div", "fields");
  readonly #values = new Map<string, Text>();
  readonly #groups = new Map<string, HTMLElement>();

  draw(info: Readonly<Record<string, unknown>> | null | undefined): void {
    const names = Object.keys(info ?? {});
    if (names.some((name) => !this.#values.has(name))) this.#build(names);
    for (const [name, node] of this.#values) setText(node, fieldText(name, info?.[name]));
  }

  #build(names: readonly string[]): void {
    this.#values.clear();
    this.#groups.clear();
    const grouped = new Set(GROUPS.flatMap(([, list]) => list.split(" ")));
    const more = names.filter((name) => !grouped.has(name));
    for (const [title, list] of GROUPS) this.#addGroup(title, list.split(" "));
    if (more.length > 0) this.#addGroup(MORE, more);
    this.element.replaceChildren(...this.#groups.values());
  }

  #addGroup(title: string, names: readonly string[]): void {
    const list = element("dl");
    for (const name of names) {
      const node = textNode();
      this.#values.set(name, node);
      list.append(element("div", "", element("dt", "", name), element("dd", "", node)));
    }
    this.#groups.set(title, element("div", "", element("h4", "", title), list));
  }
}
