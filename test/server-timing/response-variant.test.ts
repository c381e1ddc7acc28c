// examples/response-variant: a client on a slow link gets the large page once, and then the small one. The first
// request of a connection has no delivery rate.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { root } from "../helpers/docs";
import { lacks } from "../helpers/needs";

interface Exchange {
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly timing: string;
  readonly cache: string;
  readonly reused: boolean;
  readonly line: { readonly page: string; readonly because: string; readonly timing: string };
}

/** A link of this machine alone. */
async function exchangesOver(link: string): Promise<readonly Exchange[]> {
  const script = join(import.meta.dirname, "response-variant.mjs");
  const example = join(root, "examples/response-variant/server.mjs");
  const child = spawn(
    "unshare",
    ["--net", "sh", "-c", `${link} && exec "$0" "$1" "$2"`, process.execPath, script, example],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void child.kill());
  return JSON.parse(await text(child.stdout)) as Exchange[];
}

/** In the text of the header. */
const rateOf = (timing: string): number => Number(/TCP delivery (\d+) B\/s/.exec(timing)?.[1]);

describe.skipIf(lacks("root", "unshare", "ip", "tbf"))("the example", () => {
  test("a slow link shows at the second request", async () => {
    const link = "ip link set lo mtu 1500 up && tc qdisc add dev lo root tbf rate 1mbit burst 2kb latency 300ms";
    const [first, second, third] = (await exchangesOver(link)) as [Exchange, Exchange, Exchange];
    expect(first).toMatchObject({ bytes: 300_000, reused: false, line: { page: "large", because: "round trip" } });
    expect(first.timing).toMatch(/^tcp-min-rtt;dur=[\d.]+;desc="TCP RTT min"$/);
    for (const exchange of [second, third]) {
      expect(exchange).toMatchObject({
        bytes: 20_000,
        reused: true,
        line: { page: "small", because: "delivery rate" },
      });
      expect(exchange.timing).toBe(exchange.line.timing);
      expect(exchange.cache).toBe("private, no-store");
    }
    // The link has 125 kB/s. The kernel measures over a few segments, so after a loss its rate is far lower.
    expect(first.bytesPerSecond).toBeLessThan(150_000);
    expect(rateOf(second.timing)).toBeGreaterThan(0);
    expect(rateOf(second.timing)).toBeLessThan(250_000);
  });

  test("a fast link shows, too", async () => {
    const exchanges = await exchangesOver("ip link set lo up");
    expect(exchanges.map(({ line }) => [line.page, line.because])).toEqual([
      ["large", "round trip"],
      ["large", "delivery rate"],
      ["large", "delivery rate"],
    ]);
  });
});
