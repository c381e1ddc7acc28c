// What diagnoseTcp does: checks its arguments, computes the facts, and finds the first rule that fits.
import { Failure, readOptions, type Reader, type Readers, wrongValue } from "../core";
import { DARWIN_RULES } from "./darwin-rules";
import { type Facts, factsOf } from "./facts";
import { lossLimitsSpeed } from "./loss-cost";
import { readReading } from "./reading";
import { refuseReadings } from "./refuse-readings";
import { INTERVAL_WRONG, LINUX_RULES, type Rule, SECOND_RULES } from "./rules";
import type { DiagnoseTcpOptions, TcpDiagnosis, TcpFinding, TcpVerdict } from "./types";

/** A nanosecond, the finest step of any clock here. Rates over less could be infinite. */
const LEAST_INTERVAL_MS = 1e-6;
/** Half the range of the kernel's clocks, which have 32 bits: 24 days. */
const MOST_INTERVAL_MS = 2 ** 31;

const readInterval: Reader<number> = (name, value) =>
  typeof value === "number" && value >= LEAST_INTERVAL_MS && value < MOST_INTERVAL_MS
    ? value
    : wrongValue(name, "be the milliseconds between the two readings, above 0 and below 24 days", value);

const readPendingBytes: Reader<number> = (name, value) =>
  typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER
    ? value
    : wrongValue(name, `be a number from 0 to ${Number.MAX_SAFE_INTEGER}`, value);

const OPTIONS: Readers<DiagnoseTcpOptions> = { intervalMs: readInterval, pendingBytes: readPendingBytes };

export function diagnose(before: unknown, after: unknown, options: unknown): TcpDiagnosis | Failure {
  const from = readReading("before", before);
  if (from instanceof Failure) return from;
  const to = readReading("after", after);
  if (to instanceof Failure) return to;
  if (typeof options !== "object" || options === null)
    return wrongValue("options", "be an object such as { intervalMs: 1000 }", options);
  const read = readOptions("options", options, OPTIONS);
  if (read instanceof Failure) return read;
  const intervalMs = readInterval("options.intervalMs", read.intervalMs);
  if (intervalMs instanceof Failure) return intervalMs;
  const mistake = refuseReadings(from, to);
  if (mistake) return mistake;
  return describe(factsOf(from, to, intervalMs, read.pendingBytes));
}

function describe(facts: Facts): TcpDiagnosis {
  const { ackedBytes, now, retransmitted, sentSegments } = facts;
  const first = findFirst(facts);
  const second = findSecond(first.verdict, facts);
  const hasSent = retransmitted !== undefined && sentSegments > 0;
  const hasQueueing = isFresh(facts) && now.rttMs !== undefined && now.minRttMs !== undefined;
  const hasInFlight = now.unackedSegments !== undefined && now.sndMssBytes !== undefined;
  // Shares and rates of a wrong interval would be wrong, too.
  const isWrong = first === INTERVAL_WRONG;
  // One literal, because an object that is spread into another one costs ten times as much. Each rule pairs its verdict
  // with its own causes, and its measure with a value.
  return {
    verdict: first.verdict,
    cause: first.cause,
    measure: first.proof?.[0],
    value: first.proof?.[1](facts),
    sentence: first.sentence(facts),
    also: second && toFinding(second, facts),
    shares: isWrong ? undefined : facts.shares,
    intervalMs: facts.intervalMs,
    goodputBytesPerSecond: isWrong || ackedBytes === undefined ? undefined : facts.goodputBytesPerSecond,
    retransmissionRatio: hasSent ? Math.min(1, retransmitted / sentSegments) : undefined,
    spuriousRatio: spuriousRatio(facts),
    lossRatio: hasSent ? facts.lossRatio : undefined,
    lossLimitsSpeed: isWrong ? undefined : lossLimitsSpeed(facts),
    queueingMs: hasQueueing ? facts.queueingMs : undefined,
    inFlightBytes: hasInFlight ? facts.inFlightBytes : undefined,
    notSentBytes: now.notSentBytes,
    undeliveredBytes: facts.undeliveredBytes,
  } as TcpDiagnosis;
}

/** The last rule of both lists fits always. */
function findFirst(facts: Facts): Rule {
  const rules = facts.now.platform === "linux" ? LINUX_RULES : DARWIN_RULES;
  return rules.find((rule) => rule.fits(facts)) as Rule;
}

function findSecond(verdict: TcpVerdict, facts: Facts): Rule | undefined {
  return SECOND_RULES.find((rule) => rule.after.includes(verdict) && rule.fits(facts));
}

function toFinding({ verdict, cause, proof, sentence }: Rule, facts: Facts): TcpFinding {
  return { verdict, cause, measure: proof?.[0], value: proof?.[1](facts), sentence: sentence(facts) } as TcpFinding;
}

/** Whether an acknowledgement came in the interval. Otherwise the round-trip time is an old one. */
function isFresh({ now, sentSegments, ackedBytes, intervalMs }: Facts): boolean {
  if (now.sinceLastAckReceivedMs === undefined || now.sinceLastAckReceivedMs > intervalMs) return false;
  return sentSegments > 0 || (ackedBytes ?? 0) > 0;
}

function spuriousRatio({ retransmitted, spurious }: Facts): number | undefined {
  return spurious !== undefined && retransmitted ? Math.min(1, spurious / retransmitted) : undefined;
}
