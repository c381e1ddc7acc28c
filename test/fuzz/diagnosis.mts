// The properties of diagnoseTcp, for any two readings.
import * as fc from "fast-check";
import { decodeTcpInfo, diagnoseTcp, SocketInfoError, type TcpDiagnosis, type TcpInfo } from "sockinfo";
import { bytes } from "./bytes.mts";
import { claim, expect } from "./claims.mts";

const VERDICTS = [
  "idle",
  "healthy",
  "application-limited",
  "slow-reader",
  "small-window",
  "small-send-buffer",
  "lossy",
  "reordering",
  "queueing",
  "stalled",
  "closing",
  "unknown",
];
const origin = { kernelRelease: "7.0" };
const structs = bytes({ maxLength: 280 });
/** The second struct is the first one with a few bytes made greater, so that it is often a later reading. */
const laterStructs = fc.tuple(structs, fc.array(fc.tuple(fc.nat(279), fc.nat(9)), { maxLength: 12 }));
const platforms = fc.constantFrom("linux" as const, "darwin" as const);
const intervals = fc.oneof(fc.double({ min: 0.001, max: 1e9, noNaN: true }), fc.constant(1000));
const pending = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined });

/** Returns nothing if the arguments were refused with the typed error. */
function tryToDiagnose(...given: readonly unknown[]): TcpDiagnosis | undefined {
  try {
    return (diagnoseTcp as (...list: readonly unknown[]) => TcpDiagnosis)(...given);
  } catch (error) {
    if (error instanceof SocketInfoError && error.code === "ERR_SOCKINFO_INVALID_ARGUMENT") return undefined;
    throw error;
  }
}

function checkDiagnosis(diagnosis: TcpDiagnosis, intervalMs: number): void {
  const { verdict, sentence, also, shares } = diagnosis;
  for (const found of [diagnosis, ...(also ? [also] : [])]) {
    expect(VERDICTS.includes(found.verdict), `the verdict ${found.verdict} is not documented`);
    expect(found.sentence.length > 0 && !/NaN|undefined|Infinity/.test(found.sentence), found.sentence);
  }
  expect(also?.verdict !== verdict || also.cause !== diagnosis.cause, `twice the same: ${sentence}`);
  for (const [name, value] of Object.entries(diagnosis)) {
    if (typeof value === "number") expect(value >= 0 && value < Infinity, `${name} is ${value}`);
  }
  if (!shares) return;
  // Each share is rounded to a microsecond.
  const parts = Object.values(shares) as number[];
  expect(
    parts.every((part) => part >= 0),
    `a share below 0: ${parts.join()}`,
  );
  const sum = parts.reduce((total, part) => total + part);
  expect(Math.abs(sum - intervalMs) <= 0.002 + intervalMs * 1e-9, `the shares sum to ${sum}, not to ${intervalMs}`);
}

const readings = fc.property(
  laterStructs,
  platforms,
  intervals,
  pending,
  ([first, changes], platform, intervalMs, pendingBytes) => {
    const second = Uint8Array.from(first);
    for (const [at, more] of changes) if (at < second.length) second[at] = Math.min(255, (second[at] as number) + more);
    const read = (data: Uint8Array): TcpInfo => decodeTcpInfo(data, platform, origin);
    const diagnosis = tryToDiagnose(read(first), read(second), { intervalMs, pendingBytes });
    if (diagnosis) checkDiagnosis(diagnosis, intervalMs);
  },
);

const anything = fc.anything({ withTypedArray: true, withDate: true, withBigInt: true, withNullPrototype: true });
const valid = fc.tuple(structs, platforms).map(([data, platform]) => ({ ...decodeTcpInfo(data, platform, origin) }));
/** A reading of which one property has any value, as it may come from JSON. */
const strange = fc
  .tuple(valid, fc.nat(200), anything)
  .map(([info, index, value]) => ({ ...info, [Object.keys(info).at(index % 70) ?? "state"]: value }));
const values = fc.oneof(anything, valid, strange);
const options = fc.oneof(anything, fc.record({ intervalMs: fc.oneof(intervals, anything) }));

const refused = fc.property(values, values, options, (before, after, given) => {
  const diagnosis = tryToDiagnose(before, after, given);
  if (diagnosis) checkDiagnosis(diagnosis, diagnosis.intervalMs);
});

export const diagnosisClaims = {
  "any two readings have a documented diagnosis, or are refused with a typed error": claim(readings),
  "wrong arguments of diagnoseTcp throw a typed error": claim(refused),
};
