// What the page keeps of one connection while there are viewers: its latest two readings, and the numbers of the latest.
import { fieldList, type FieldList, growth64, type TcpInfoFields, type TcpInfoRows } from "../core";
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
interface Reading {
  rows: TcpInfoRows;
  index: number;
  atMs: number;
  /** Bytes that wait in Node. */
  pendingBytes: number;
}

/**
 * Changed in place at each look, because there may be ten thousand: new objects that live for two looks would hold the
 * event loop in garbage collections. A number that is unknown is `NaN`.
 */
export class SeenConnection {
  readonly connection: ConnectionRecord;
  before: Reading | undefined;
  now: Reading | undefined;
  /** Whether the latest reading has TCP_INFO. */
  isRead: boolean = false;
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
  /** How often a timer of TCP has run out without an answer. */
  #timerBackoffs = 0;
  #bytesSent: number | undefined;
  #bytesReceived: number | undefined;
  #sentSegments: number | undefined;
  #retransmitted: number | undefined;
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
    const pendingBytes = this.connection.outerSocket.writableLength;
    this.#keep(rows, index, atMs, pendingBytes);
    fields ??= fieldList(FIELDS);
    const read: Fields | undefined = usableReading(this.connection, rows.getFields(index, fields));
    const fresh = read ?? {};
    const perSecond = 1000 / this.intervalMs;
    this.isRead = read !== undefined;
    this.rttMs = fresh.rttMs ?? NaN;
    this.minRttMs = fresh.minRttMs ?? NaN;
    this.sndCwndBytes = fresh.sndCwndBytes ?? NaN;
    this.deliveryRateBytesPerSecond = fresh.deliveryRateBytesPerSecond ?? NaN;
    this.unackedBytes = unacknowledgedBytes(fresh) ?? NaN;
    this.notSentBytes = fresh.notSentBytes === undefined ? NaN : fresh.notSentBytes + pendingBytes;
    this.retransmittedSegments = fresh.retransmittedSegments ?? NaN;
    this.newlyRetransmittedSegments = segmentGrowth(this.#retransmitted, fresh.retransmittedSegments) ?? NaN;
    this.newlySentSegments = segmentGrowth(this.#sentSegments, fresh.dataSegmentsSent) ?? NaN;
    this.sentBytesPerSecond = (growth64(this.#bytesSent, fresh.bytesSent) ?? NaN) * perSecond;
    this.receivedBytesPerSecond = (growth64(this.#bytesReceived, fresh.bytesReceived) ?? NaN) * perSecond;
    this.#timerBackoffs = fresh.timerBackoffs ?? 0;
    this.#retransmitted = fresh.retransmittedSegments;
    this.#sentSegments = fresh.dataSegmentsSent;
    this.#bytesSent = fresh.bytesSent;
    this.#bytesReceived = fresh.bytesReceived;
  }

  /** The reading before the last becomes the object of the new one. */
  #keep(rows: TcpInfoRows, index: number, atMs: number, pendingBytes: number): void {
    const reused = this.before;
    this.before = this.now;
    if (reused === undefined) {
      this.now = { rows, index, atMs, pendingBytes };
      return;
    }
    reused.rows = rows;
    reused.index = index;
    reused.atMs = atMs;
    reused.pendingBytes = pendingBytes;
    this.now = reused;
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
      case "queueingMs":
        return this.#queueingMs;
      case "trafficBytesPerSecond":
        return this.sentBytesPerSecond + this.receivedBytesPerSecond;
      default:
        return this[key];
    }
  }

  /** Grows in four steps, each far above the one before. Within a step the size of the trouble counts. */
  get #trouble(): number {
    if (this.#timerBackoffs > 0) return 3e15 + this.#timerBackoffs;
    if (this.newlyRetransmittedSegments > 0) return 2e15 + this.newlyRetransmittedSegments;
    if (this.notSentBytes > 0) return 1e15 + this.notSentBytes;
    return this.#queueingMs;
  }

  get #queueingMs(): number {
    return this.rttMs - this.minRttMs;
  }
}
