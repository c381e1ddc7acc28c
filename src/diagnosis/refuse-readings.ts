// Refuses pairs of readings that can't be of one connection and in order.
import { Failure, growth16, growth32 } from "../core";
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
  const isSegmentsBackwards = before.platform === "linux" ? isBackwards32 : isBackwards64;
  if (isBackwards64(before.bytesAcked, after.bytesAcked)) return "bytesAcked";
  if (isBackwards64(before.bytesSent, after.bytesSent)) return "bytesSent";
  if (isBackwards64(before.bytesReceived, after.bytesReceived)) return "bytesReceived";
  if (isBackwards64(before.retransmittedBytes, after.retransmittedBytes)) return "retransmittedBytes";
  if (isSegmentsBackwards(before.dataSegmentsSent, after.dataSegmentsSent)) return "dataSegmentsSent";
  if (isSegmentsBackwards(before.retransmittedSegments, after.retransmittedSegments)) return "retransmittedSegments";
  if (isBackwards32(before.segmentsSent, after.segmentsSent)) return "segmentsSent";
  if (isBackwards32(before.segmentsReceived, after.segmentsReceived)) return "segmentsReceived";
  if (isBackwards64(before.busyTimeMs, after.busyTimeMs)) return "busyTimeMs";
  if (isBackwards64(before.rwndLimitedTimeMs, after.rwndLimitedTimeMs)) return "rwndLimitedTimeMs";
  if (isBackwards64(before.sndbufLimitedTimeMs, after.sndbufLimitedTimeMs)) return "sndbufLimitedTimeMs";
  if (isBackwards32(before.dsackDuplicateSegments, after.dsackDuplicateSegments)) {
    return "dsackDuplicateSegments";
  }
  if (isBackwards32(before.reorderingEvents, after.reorderingEvents)) return "reorderingEvents";
  return isBackwards16(before.totalRtos, after.totalRtos) ? "totalRtos" : undefined;
}

// A counter that a reading lacks is not backwards. One function for each width, because a function that is passed as an
// argument is not inlined.

function isBackwards16(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && after !== undefined && growth16(before, after) === undefined;
}

function isBackwards32(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && after !== undefined && growth32(before, after) === undefined;
}

function isBackwards64(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && after !== undefined && after < before;
}

/** The two ends agree on the window scales once. A closed socket may have forgotten them. */
function findOtherScale(before: Reading, after: Reading): keyof Reading | undefined {
  if (differ(before.sndWscale, after.sndWscale)) return "sndWscale";
  return differ(before.rcvWscale, after.rcvWscale) ? "rcvWscale" : undefined;
}

function differ(before: number | undefined, after: number | undefined): boolean {
  return before !== undefined && after !== undefined && before !== after;
}
