// diagnoseTcp with arguments that are no two readings of one connection, with any bytes, and with readings from JSON.
import { assert, constantFrom, double, integer, nat, option, property as given, record, uint8Array } from "fast-check";
import { decodeTcpInfo, diagnoseTcp, SocketInfoError, type TcpDiagnosis, type TcpInfo } from "sockinfo";
import { describe, expect, test } from "vitest";
import { captureOf, captures, diagnose } from "./captures";
import { causes, membersOf } from "./closed-lists";

const refused = expect.objectContaining({ code: "ERR_SOCKINFO_INVALID_ARGUMENT", name: "SocketInfoError" });
const { before, after, intervalMs } = captureOf("drip.cubic");

describe("refused", () => {
  test.each([
    ["undefined", undefined, after],
    ["null", before, null],
    ["numbers", 1, 2],
    ["functions", () => before, after],
    ["objects without a platform", {}, {}],
    ["another platform", { platform: "win32" }, { platform: "win32" }],
    ["two systems", before, decodeTcpInfo(new Uint8Array(112), "darwin")],
    ["the wrong order", after, before],
    ["a listener before", { ...before, state: "LISTEN" }, after],
    ["a listener after", before, { ...after, state: "LISTEN" }],
    ["another window scale", before, { ...after, sndWscale: 9 }],
    ["another connection", captureOf("bandwidth.cubic").after, after],
  ])("%s", (_, one, other) => {
    expect(() => diagnoseTcp(one as never, other as never, { intervalMs })).toThrow(refused);
  });

  test("a property that throws", () => {
    const broken = Object.defineProperty({ ...before }, "rttMs", {
      get() {
        throw new RangeError("broken");
      },
    });
    expect(() => diagnoseTcp(broken, after, { intervalMs })).toThrow(refused);
    expect(() => diagnoseTcp(before, new Proxy(after, { get: () => Symbol("x") }), { intervalMs })).toThrow(refused);
  });

  test.each([
    undefined,
    null,
    1000,
    {},
    { intervalMs: undefined },
    { intervalMs: null },
    { intervalMs: 0 },
    { intervalMs: -1 },
    { intervalMs: NaN },
    { intervalMs: Infinity },
    { intervalMs: 1e308 },
    { intervalMs: 2 ** 31 },
    { intervalMs: 5e-324 },
    { intervalMs: Date.now() },
    { intervalMs: "1000" },
    { intervalMs: 1000n },
    { intervalMs, pendingBytes: -1 },
    { intervalMs, pendingBytes: NaN },
    { intervalMs, pendingBytes: null },
    { intervalMs, pendingBytes: Infinity },
    { intervalMs, pendingBytes: 1e308 },
    { intervalMs, intervalMS: 1 },
    [intervalMs],
  ])("the options %#", (options) => {
    expect(() => diagnoseTcp(before, after, options as never)).toThrow(refused);
  });

  test("the message has the counter that went backwards", () => {
    expect(() => diagnoseTcp(after, before, { intervalMs })).toThrow(
      /later reading of the same connection.*bytesAcked/,
    );
  });

  test.each([undefined, null, 1000])("the message for the options %s shows what to pass", (options) => {
    expect(() => diagnoseTcp(before, after, options as never)).toThrow(/such as \{ intervalMs: 1000 \}/);
  });

  test("pendingBytes may be undefined, as all options", () => {
    expect(diagnoseTcp(before, after, { intervalMs, pendingBytes: undefined }).verdict).toBe("application-limited");
  });
});

describe("readings from JSON", () => {
  test("have the same result", () => {
    for (const capture of captures) {
      const copy = JSON.parse(JSON.stringify(capture)) as typeof capture;
      expect([capture.name, diagnose(copy)]).toEqual([capture.name, diagnose(capture)]);
    }
  });

  test("a property of another type counts as missing", () => {
    for (const wrong of ["12", NaN, -1, 1e300, {}, true]) {
      const odd = { ...after, notSentBytes: wrong } as never;
      expect(diagnoseTcp(before, odd, { intervalMs })).toMatchObject({ verdict: "unknown", cause: "fields-missing" });
    }
  });

  test("the result itself survives JSON", () => {
    for (const capture of captures) {
      const result = diagnose(capture);
      expect(JSON.parse(JSON.stringify(result))).toEqual(JSON.parse(JSON.stringify({ ...result })));
      expect(JSON.stringify(result)).not.toContain("null");
    }
  });
});

const lists = { verdict: membersOf("TcpVerdict"), cause: causes(), measure: membersOf("TcpMeasure") };

function checkNumber(value: number | undefined): void {
  if (value !== undefined && !(value >= 0 && value < Infinity)) throw new Error(`the number ${value}`);
}

/** What holds for every result. Plain comparisons, because there are many results. */
function check({ also, shares, ...result }: TcpDiagnosis): void {
  for (const finding of also ? [result, also] : [result]) {
    const { verdict, cause, measure, value, sentence } = finding;
    const isListed =
      lists.verdict.includes(verdict) &&
      (cause === undefined || lists.cause.includes(cause)) &&
      (measure === undefined || lists.measure.includes(measure));
    if (!isListed) throw new Error(`${verdict}, ${cause}, ${measure} are not listed`);
    if ((measure === undefined) !== (value === undefined)) throw new Error(`${measure} is ${value}`);
    checkNumber(value);
    if (!/^[A-Z].*\.$/.test(sentence) || /NaN|Infinity|undefined/.test(sentence)) throw new Error(sentence);
  }
  for (const [name, value] of Object.entries(result)) {
    if (typeof value === "number") checkNumber(value);
    if (name.endsWith("Ratio") && typeof value === "number" && value > 1) throw new Error(`${name} ${value}`);
  }
  if (!shares) return;
  let sum = 0;
  for (const ms of Object.values(shares) as number[]) {
    checkNumber(ms);
    sum += ms;
  }
  if (Math.abs(sum - result.intervalMs) > 0.002 + result.intervalMs * 1e-12)
    throw new Error(`${sum} of ${result.intervalMs} ms`);
}

/** How many of the pairs were readings of one connection. */
function diagnoseAny(pairs: () => [TcpInfo, TcpInfo, number, number | undefined]): boolean {
  const [one, other, interval, pending] = pairs();
  try {
    check(diagnoseTcp(one, other, { intervalMs: interval, pendingBytes: pending }));
    return true;
  } catch (error) {
    if (error instanceof SocketInfoError && error.code === "ERR_SOCKINFO_INVALID_ARGUMENT") return false;
    throw error;
  }
}

describe("any readings", () => {
  const interval = double({ min: 1e-3, max: 1e9, noNaN: true });
  const pending = option(nat(), { nil: undefined });

  test.each(["linux", "darwin"] as const)("any bytes of %s", (platform) => {
    const bytes = uint8Array({ maxLength: platform === "linux" ? 300 : 120 });
    assert(
      given(bytes, bytes, interval, pending, (one, other, ms, waiting) => {
        diagnoseAny(() => [decodeTcpInfo(one, platform), decodeTcpInfo(other, platform), ms, waiting]);
      }),
      { numRuns: 2000 },
    );
  });

  test("a capture with some bytes changed", () => {
    let accepted = 0;
    const change = record({ at: nat({ max: 279 }), to: constantFrom(0, 1, 4, 0x7f, 0xff) });
    assert(
      given(nat({ max: captures.length - 1 }), change, change, integer({ min: 0, max: 280 }), interval, (...drawn) => {
        const [index, one, other, length, ms] = drawn;
        const capture = captures[index]?.cutTo(length);
        if (!capture) return;
        const changed = (info: TcpInfo, { at, to }: typeof one) => {
          const names = Object.keys(info);
          const name = names[at % names.length] as string;
          const isNumber = typeof (info as unknown as Record<string, unknown>)[name] === "number";
          return isNumber ? { ...info, [name]: [0, 1, 2 ** 16 - 1, 2 ** 32 - 1, 2 ** 53][to % 5] } : info;
        };
        const pair = () => [changed(capture.before, one), changed(capture.after, other), ms, undefined];
        if (diagnoseAny(pair as never)) accepted++;
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  test("the intervals of one capture, from a nanosecond to 24 days", () => {
    for (const capture of captures)
      for (let ms = 1e-6; ms < 2 ** 31; ms *= 3) check(diagnose({ ...capture, intervalMs: ms }));
  });

  test("one field of a capture at its least and at its most, and nearly nothing", () => {
    const values = [0, 5e-324, 1e-300, 1e-6, 2 ** 53, 2 ** 64, 1e308];
    for (const capture of captures) {
      for (const name of Object.keys(capture.after)) {
        for (const value of values) {
          const changed = (info: TcpInfo) => ({ ...info, [name]: value }) as TcpInfo;
          for (const ms of [1e-6, 1000, 2 ** 31 - 1]) {
            diagnoseAny(() => [capture.before, changed(capture.after), ms, Number.MAX_SAFE_INTEGER]);
            diagnoseAny(() => [changed(capture.before), changed(capture.after), ms, undefined]);
          }
        }
      }
    }
  });
});
