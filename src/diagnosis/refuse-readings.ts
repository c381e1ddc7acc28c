// Refuses pairs of readings that can't be of one connection and in order.
import { Failure } from "../errors";
import { growth16, growth32, growth64 } from "../tcp-info/counter-growth";
import type { Reading } from "./reading";

export function refuseReadings(before: Reading, after: Reading): Failure | undefined {
  if (before.platform !== after.platform) {
    return Failure.ofMistake(
      `The "after" argument must be of the platform of "before" ("${before.platform}"). Received "${after.platform}"`,
    );
  }
  if (before.state === "LISTEN") return refuseListener("before");
  if (after.state === "LISTEN") return refuseListener("after");
  const name = findBackwards(before, after) ?? findOtherScale(before, after);
  if (name === undefined) return undefined;
  return Failure.ofMistake(
    `The "after" argument must be a later reading of the same connection than "before". ` +
      `Received ${name} ${String(after[name])} after ${String(before[name])}`,
  );
}

function refuseListener(name: string): Failure {
  return Failure.ofMistake(`The "${name}" argument must be a reading of a connection. Received one of a listener`);
}

/** The first counter that went backwards. Straight-line code, because a loop over names costs a microsecond. */
function findBackwards(before: Reading, after: Reading): keyof Reading | undefined {
  const segments = before.platform === "linux" ? growth32 : growth64;
  if (isBackwards(growth64, before.bytesAcked, after.bytesAcked)) return "bytesAcked";
  if (isBackwards(growth64, before.bytesSent, after.bytesSent)) return "bytesSent";
  if (isBackwards(growth64, before.bytesReceived, after.bytesReceived)) return "bytesReceived";
  if (isBackwards(growth64, before.retransmittedBytes, after.retransmittedBytes)) return "retransmittedBytes";
  if (isBackwards(segments, before.dataSegmentsSent, after.dataSegmentsSent)) return "dataSegmentsSent";
  if (isBackwards(segments, before.retransmittedSegments, after.retransmittedSegments)) return "retransmittedSegments";
  if (isBackwards(growth32, before.segmentsSent, after.segmentsSent)) return "segmentsSent";
  if (isBackwards(growth32, before.segmentsReceived, after.segmentsReceived)) return "segmentsReceived";
  if (isBackwards(growth64, before.busyTimeMs, after.busyTimeMs)) return "busyTimeMs";
  if (isBackwards(growth64, before.rwndLimitedTimeMs, after.rwndLimitedTimeMs)) return "rwndLimitedTimeMs";
  if (isBackwards(growth64, before.sndbufLimitedTimeMs, after.sndbufLimitedTimeMs)) return "sndbufLimitedTimeMs";
  if (isBackwards(growth32, before.dsackDuplicateSegments, after.dsackDuplicateSegments)) {
    return "dsackDuplicateSegments";
  }
  if (isBackwards(growth32, before.reorderingEvents, after.reorderingEvents)) return "reorderingEvents";
  return isBackwards(growth16, before.totalRtos, after.totalRtos) ? "totalRtos" : undefined;
}

function isBackwards(growth: typeof growth64, before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && after !== undefined && growth(before, after) === undefined;
}

/** The two ends agree on the window scales once. A closed socket may have forgotten them. */
function findOtherScale(before: Reading, after: Reading): keyof Reading | undefined {
  if (differ(before.sndWscale, after.sndWscale)) return "sndWscale";
  return differ(before.rcvWscale, after.rcvWscale) ? "rcvWscale" : undefined;
}

function differ(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && after !== undefined && before !== after;
}
