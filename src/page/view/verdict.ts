// How verdicts look. The word and a mark say the same as the colour.
import type { TcpVerdict } from "../../diagnosis/types";

type Look = "good" | "warn" | "bad" | "quiet";

const LOOKS: Readonly<Record<TcpVerdict, Look>> = {
  idle: "quiet",
  healthy: "good",
  "application-limited": "quiet",
  "slow-reader": "warn",
  "small-window": "warn",
  "small-send-buffer": "warn",
  lossy: "bad",
  reordering: "warn",
  queueing: "warn",
  stalled: "bad",
  closing: "quiet",
  unknown: "quiet",
};

export function verdictClass(verdict: string): string {
  return `verdict ${Object.hasOwn(LOOKS, verdict) ? LOOKS[verdict as TcpVerdict] : "quiet"}`;
}

/** "slow-reader" → "slow reader". */
export function words(name: string): string {
  return name.replaceAll("-", " ");
}

/** "reads-slowly" → "(reads slowly)". */
export function inBrackets(cause: string | null | undefined): string {
  return cause ? `(${words(cause)})` : "";
}
