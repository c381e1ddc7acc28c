// Checked by tsc, never run: measureRequest, its options and its result.
import type { IncomingMessage } from "node:http";
import { getTcpInfo, type TcpInfo, type TcpTimeShares } from "sockinfo";
import {
  diffTcpInfo,
  measureRequest,
  type RequestCost,
  type TcpCounters,
  tryMeasureRequest,
} from "sockinfo/connections";
import { expectTypeOf } from "vitest";

declare const req: IncomingMessage;

expectTypeOf(measureRequest(req)).toEqualTypeOf<Promise<RequestCost>>();
expectTypeOf(tryMeasureRequest(req)).toEqualTypeOf<Promise<RequestCost | undefined>>();
void measureRequest(req, {});
void measureRequest(req, { until: "acked", timeoutMs: 1000 });
void measureRequest(req, { until: "finished" });
// @ts-expect-error: there is no such end
void measureRequest(req, { until: "sent" });
// @ts-expect-error: a number
void measureRequest(req, { timeoutMs: "1000" });
// @ts-expect-error: it has no socket
void measureRequest("req");

declare const cost: RequestCost;
expectTypeOf(cost).toExtend<TcpCounters>();
expectTypeOf([cost.intervalMs]).toEqualTypeOf<number[]>();
expectTypeOf(cost.shares).toEqualTypeOf<TcpTimeShares | undefined>();
expectTypeOf(cost.durationMs).toEqualTypeOf<number>();
expectTypeOf([cost.shared, cost.aborted, cost.acked]).toEqualTypeOf<boolean[]>();
expectTypeOf([cost.start, cost.end]).toEqualTypeOf<TcpInfo[]>();
// Counters of either system need no `if`: where there is none they are undefined.
expectTypeOf([cost.bytesAcked, cost.totalRtos, cost.outOfOrderBytesReceived]).toEqualTypeOf<(number | undefined)[]>();
// @ts-expect-error: a gauge has no growth
void cost.rttMs;
// @ts-expect-error: read-only
cost.bytesAcked = 0;

expectTypeOf(diffTcpInfo(getTcpInfo(req), getTcpInfo(req))).toEqualTypeOf<TcpCounters>();
