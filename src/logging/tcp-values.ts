// The values of TCP_INFO that log lines have.
import { Failure, type FieldList, fieldList, readFields, type TcpInfoFields } from "../core";

const NAMES = [
  "state",
  "rttMs",
  "minRttMs",
  "bytesSent",
  "bytesReceived",
  "dataSegmentsSent",
  "retransmittedSegments",
  "notSentBytes",
  "deliveryRateBytesPerSecond",
] as const;

export type TcpValues = Partial<Pick<TcpInfoFields, (typeof NAMES)[number]>>;

/** Made at the first use, because it takes a list of all fields. */
let fields: FieldList | undefined;

export function readTcpValues(source: unknown): TcpValues | Failure {
  return readFields(source, (fields ??= fieldList(NAMES)));
}
