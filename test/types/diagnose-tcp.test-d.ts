// Checked by tsc, never run: diagnoseTcp, its options and its result.
import {
  type DarwinTcpInfo,
  diagnoseTcp,
  type LinuxTcpInfo,
  type TcpCause,
  type TcpDiagnosis,
  type TcpFinding,
  type TcpInfo,
  type TcpMeasure,
  type TcpTimeShares,
  type TcpVerdict,
} from "sockinfo";
import { expectTypeOf } from "vitest";

declare const info: TcpInfo;
declare const linux: LinuxTcpInfo;
declare const darwin: DarwinTcpInfo;

expectTypeOf(diagnoseTcp(info, info, { intervalMs: 1000 })).toEqualTypeOf<TcpDiagnosis>();
expectTypeOf(diagnoseTcp(linux, linux, { intervalMs: 1000, pendingBytes: 0 })).toEqualTypeOf<TcpDiagnosis>();
void diagnoseTcp(darwin, darwin, { intervalMs: 1000, pendingBytes: undefined });
// @ts-expect-error: the interval is needed
void diagnoseTcp(info, info);
// @ts-expect-error: the interval is needed
void diagnoseTcp(info, info, { pendingBytes: 0 });
// @ts-expect-error: no such option
void diagnoseTcp(info, info, { intervalMs: 1000, pending: 0 });
// @ts-expect-error: a number
void diagnoseTcp(info, info, { intervalMs: "1000" });
// @ts-expect-error: no reading
void diagnoseTcp(info, {}, { intervalMs: 1000 });

declare const diagnosis: TcpDiagnosis;
expectTypeOf(diagnosis).toExtend<TcpFinding>();
expectTypeOf(diagnosis.verdict).toEqualTypeOf<TcpVerdict>();
if (diagnosis.verdict === "lossy") expectTypeOf(diagnosis.cause).toEqualTypeOf<"timeouts" | "retransmissions">();
if (diagnosis.verdict === "idle") expectTypeOf(diagnosis.cause).toEqualTypeOf<undefined>();
if (diagnosis.cause === "paced") expectTypeOf(diagnosis.verdict).toEqualTypeOf<"healthy">();
if (diagnosis.measure) expectTypeOf(diagnosis.value).toEqualTypeOf<number>();
const { measure, value } = diagnosis;
if (measure !== undefined) expectTypeOf(value).toEqualTypeOf<number>();
const { also } = diagnosis;
if (also?.verdict === "reordering") expectTypeOf(also.cause).toEqualTypeOf<undefined>();
// @ts-expect-error: no such cause of this verdict
void (diagnosis.verdict === "stalled" && diagnosis.cause === "timeouts");
expectTypeOf(diagnosis.cause).toEqualTypeOf<TcpCause | undefined>();
expectTypeOf(diagnosis.measure).toEqualTypeOf<TcpMeasure | undefined>();
expectTypeOf(diagnosis.also).toEqualTypeOf<TcpFinding | undefined>();
expectTypeOf(diagnosis.shares).toEqualTypeOf<TcpTimeShares | undefined>();
expectTypeOf([diagnosis.value, diagnosis.queueingMs, diagnosis.lossRatio]).toEqualTypeOf<(number | undefined)[]>();
// @ts-expect-error: no such verdict
void (diagnosis.verdict === "slow");
// @ts-expect-error: read-only
diagnosis.sentence = "";
