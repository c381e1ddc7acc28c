// The four shares of a connection's time as a stacked bar, and in words.
import type { TcpTimeShares } from "../../diagnosis/types";
import { formatRatio } from "../../quantities";
import { setAttribute, svg } from "./dom";

export const SHARES = [
  { key: "applicationMs", name: "application", short: "app" },
  { key: "receiverMs", name: "receiver", short: "receiver" },
  { key: "sendBufferMs", name: "send buffer", short: "buffer" },
  { key: "networkMs", name: "network", short: "network" },
] as const satisfies readonly { key: keyof TcpTimeShares; name: string; short: string }[];

export function shareClass(name: string): string {
  return `is-${name.replace(" ", "-")}`;
}

/** In the order of `SHARES`. `null` if there is no time to share. */
export function ratiosOf(shares: TcpTimeShares | null | undefined): number[] | null {
  if (!shares) return null;
  const times = SHARES.map(({ key }) => shares[key]);
  const sum = times.reduce((total, time) => total + time, 0);
  return sum > 0 ? times.map((time) => time / sum) : null;
}

/** "network 94 %". */
export function largestShare(ratios: readonly number[] | null): string {
  if (ratios === null) return "";
  const largest = ratios.indexOf(Math.max(...ratios));
  return `${SHARES[largest]?.short} ${formatRatio(ratios[largest])}`;
}

const WIDTH = 100;

export class SharesBar {
  readonly element: SVGSVGElement;
  readonly #parts: readonly SVGRectElement[];

  constructor(className: string) {
    this.#parts = SHARES.map(({ name }) => svg("rect", { class: shareClass(name), y: 0, height: 10 }));
    const box = { class: className, viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: "none", role: "img" };
    this.element = svg("svg", box, ...this.#parts);
  }

  draw(ratios: readonly number[] | null): void {
    let x = 0;
    this.#parts.forEach((part, index) => {
      const width = WIDTH * (ratios?.[index] ?? 0);
      setAttribute(part, "x", x.toFixed(1));
      setAttribute(part, "width", width.toFixed(1));
      x += width;
    });
    const texts = SHARES.map(({ name }, index) => `${name} ${formatRatio(ratios?.[index])}`);
    setAttribute(this.element, "aria-label", ratios === null ? "unknown" : texts.join(", "));
  }
}
