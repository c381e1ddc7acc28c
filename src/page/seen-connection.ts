// What the page keeps of one connection while somebody looks: its latest two readings, and the numbers of the latest.
import { fieldList, type FieldList, growth64, type TcpInfo, type TcpInfoFields, type TcpInfoRows } from "../core";
import type { ConnectionRecord } from "../connections/connection";
import { unacknowledgedBytes, usableReading } from "../metrics/read-connection";
import { segmentGrowth } from "../metrics/tcp-counters";
import type { OrderKey, PagePeer } from "./protocol";

/** What a look reads of every connection. */
const FIELDS = [
  "isMptcp",
  "state",
  "rttMs",
  "minRttMs",
  "sndCwndBytes",
  "deliveryRateBytesPerSecond",
  "bytesSent",
  "bytesReceived",
  "bytesAcked",
  "retransmittedBytes",
  "notSentBytes",
  "dataSegmentsSent",
  "retransmittedSegments",
  "timerBackoffs",
] as const;
type Fields = Partial<Pick<TcpInfoFields, (typeof FIELDS)[number]>>;

let fields: FieldList | undefined;

/** One reading. The struct is decoded as a whole only for the rows that are shown. */
class Reading {
  readonly #rows: TcpInfoRows;
  readonly #index: number;
  readonly atMs: number;
  /** Bytes that wait in Node. */
  readonly pendingBytes: number;
  readonly fields: Fields | undefined;

  constructor(connection: ConnectionRecord, rows: TcpInfoRows, index: number, atMs: number) {
    this.#rows = rows;
    this.#index = index;
    this.atMs = atMs;
    this.pendingBytes = connection.outerSocket.writableLength;
    fields ??= fieldList(FIELDS);
    this.fields = usableReading(connection, rows.getFields(index, fields));
  }

  decode(): TcpInfo | undefined {
    return this.#rows.get(this.#index);
  }
}

/** Changed in place at each look, because there may be ten thousand. A number that is unknown is `NaN`. */
export class SeenConnection {
  readonly connection: ConnectionRecord;
  before: Reading | undefined;
  now: Reading | undefined;
  rttMs: number = NaN;
  minRttMs: number = NaN;
  sndCwndBytes: number = NaN;
  deliveryRateBytesPerSecond: number = NaN;
  unackedBytes: number = NaN;
  notSentBytes: number = NaN;
  retransmittedSegments: number = NaN;
  newlyRetransmittedSegments: number = NaN;
  newlySentSegments: number = NaN;
  sentBytesPerSecond: number = NaN;
  receivedBytesPerSecond: number = NaN;
  /** `undefined` until it was asked for. */
  peer: PagePeer | null | undefined;

  constructor(connection: ConnectionRecord) {
    this.connection = connection;
  }

  /** Milliseconds between the two readings. */
  get intervalMs(): number {
    return this.now && this.before ? this.now.atMs - this.before.atMs : NaN;
  }

  /** Takes the reading at `index` of `rows`. A connection that can't be read has no numbers. */
  take(rows: TcpInfoRows, index: number, atMs: number): void {
    const { now: before, connection } = this;
    const now = new Reading(connection, rows, index, atMs);
    this.before = before;
    this.now = now;
    const { fields: fresh = {} } = now;
    const { fields: old = {} } = before ?? {};
    const perSecond = 1000 / this.intervalMs;
    this.rttMs = fresh.rttMs ?? NaN;
    this.minRttMs = fresh.minRttMs ?? NaN;
    this.sndCwndBytes = fresh.sndCwndBytes ?? NaN;
    this.deliveryRateBytesPerSecond = fresh.deliveryRateBytesPerSecond ?? NaN;
    this.unackedBytes = unacknowledgedBytes(fresh) ?? NaN;
    this.notSentBytes = fresh.notSentBytes === undefined ? NaN : fresh.notSentBytes + now.pendingBytes;
    this.retransmittedSegments = fresh.retransmittedSegments ?? NaN;
    this.newlyRetransmittedSegments = segmentGrowth(old.retransmittedSegments, fresh.retransmittedSegments) ?? NaN;
    this.newlySentSegments = segmentGrowth(old.dataSegmentsSent, fresh.dataSegmentsSent) ?? NaN;
    this.sentBytesPerSecond = (growth64(old.bytesSent, fresh.bytesSent) ?? NaN) * perSecond;
    this.receivedBytesPerSecond = (growth64(old.bytesReceived, fresh.bytesReceived) ?? NaN) * perSecond;
  }

  /** A connection without TCP, such as one of a Unix socket, has only what Node knows. */
  takeWithoutTcp(): void {
    this.notSentBytes = this.connection.outerSocket.writableLength;
  }

  /** The number that the rows are ordered by. */
  valueOf(key: OrderKey): number {
    const { connection } = this;
    switch (key) {
      case "trouble":
        return this.#trouble;
      case "id":
        return connection.id;
      case "ageMs":
        return connection.durationMs;
      case "requestsServed":
        return connection.requests.served;
      case "requestsInFlight":
        return connection.requests.inFlight;
      default:
        return this[key];
    }
  }

  /** Grows in four steps, each far above the one before. Within a step the size of the trouble counts. */
  get #trouble(): number {
    const backoffs = this.now?.fields?.timerBackoffs ?? 0;
    if (backoffs > 0) return 3e15 + backoffs;
    if (this.newlyRetransmittedSegments > 0) return 2e15 + this.newlyRetransmittedSegments;
    if (this.notSentBytes > 0) return 1e15 + this.notSentBytes;
    return this.rttMs - this.minRttMs;
  }
}
