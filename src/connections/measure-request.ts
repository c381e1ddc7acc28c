// measureRequest: request → its connection → the growth of the TCP_INFO counters from the call to the end of the
// response.
import {
  decodeTcpInfo,
  Failure,
  findSocket,
  readDuration,
  type Readers,
  readOneOf,
  readOptions,
  readTcpInfoInAnyState,
  searchRequest,
  type SocketSource,
  type TcpInfo,
  timeShares,
} from "../core";
import type { ConnectionRecord } from "./connection";
import { difference } from "./counters";
import { findConnection } from "./find-connection";
import { costOf, type RequestCost } from "./request-cost";
import { RequestObservers, type RequestObserver } from "./request-observers";
import { surelyAcked } from "./sent-syn";

export interface MeasureRequestOptions {
  /**
   * - `"acked"`, the default: until the client has acknowledged all that the connection has sent. A response counts
   *   as finished when the kernel has all of it, often before its first byte is sent. Its retransmissions come later.
   *   The wait ends in any case when the next request starts on the connection, when the connection ends, and after
   *   `timeoutMs`.
   * - `"finished"`: until the kernel has the whole response, without a further wait.
   */
  readonly until?: "acked" | "finished" | undefined;
  /** The longest wait for acknowledgements after the response has finished, in milliseconds. 10,000 by default. */
  readonly timeoutMs?: number | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const OPTIONS: Readers<MeasureRequestOptions> = { until: readOneOf("acked", "finished"), timeoutMs: readDuration };

/**
 * Reads TCP_INFO of a request's connection now and at the end of the response, and resolves to the difference. Call it
 * in a handler, before the response. Do not await the promise before you have answered, because it waits for the
 * response. Bytes that were sent or received before the call are not counted, so the request's head never is.
 *
 * It costs two system calls, and a few more while it waits for acknowledgements. A timer makes these calls at
 * intervals from one round-trip time up to a quarter of a second, and does not keep the process alive. Received data
 * is counted until the response is finished, so a next request that waits in the kernel is not included.
 *
 * @param source - The request or response, of HTTP/1 or HTTP/2, of Node or of a framework. Or a socket with one
 * request in flight, such as `getCurrentSocket()`. The server must have a tracker.
 * @throws {SocketInfoError} As the promise's rejection, and only for what is wrong at the call:
 * `ERR_SOCKINFO_SOCKET_CLOSED` (a client can cause it), `ERR_SOCKINFO_NO_REQUEST` (already answered, upgraded, or
 * several on a socket), `ERR_SOCKINFO_NOT_TRACKED`, `ERR_SOCKINFO_NOT_TCP`, `ERR_SOCKINFO_INVALID_ARGUMENT`, and what
 * else `getTcpInfo` throws.
 * @example
 * measureRequest(req).then(({ bytesAcked, retransmittedSegments, rwndLimitedTimeMs }) => {
 *   log.info({ url: req.url, bytesAcked, retransmittedSegments, rwndLimitedTimeMs });
 * }, (error) => log.error(error));
 * @see tcp(7)
 */
export function measureRequest(source: SocketSource, options?: MeasureRequestOptions): Promise<RequestCost> {
  const measurement = measure(source, options);
  return measurement instanceof Failure ? Promise.reject(measurement.toError(measureRequest)) : measurement.cost;
}

/**
 * {@link measureRequest}, but resolves to `undefined` when there is nothing to measure for a reason outside the
 * caller's control: the server is not tracked, the request has ended, the socket is not TCP, or the platform or
 * runtime is not supported.
 *
 * @throws {SocketInfoError} As the promise's rejection: `ERR_SOCKINFO_INVALID_ARGUMENT`,
 * `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a system error.
 * @example
 * const cost = tryMeasureRequest(req);
 * res.end(body);
 * log.info(await cost); // After the response, because it waits for that.
 */
export async function tryMeasureRequest(
  source: SocketSource,
  options?: MeasureRequestOptions,
): Promise<RequestCost | undefined> {
  const measurement = measure(source, options);
  return measurement instanceof Failure ? measurement.toUndefined(tryMeasureRequest) : measurement.cost;
}

function measure(source: unknown, options: unknown): Measurement | Failure {
  const timeoutMs = readTimeout(options);
  if (timeoutMs instanceof Failure) return timeoutMs;
  const connection = findConnection(source);
  if (connection instanceof Failure) return connection;
  const request = findRequest(source, connection);
  if (request instanceof Failure) return request;
  const start = readTcpInfoInAnyState(connection.socket);
  return start instanceof Failure ? start : new Measurement(connection, request, start, timeoutMs);
}

/** The longest wait for acknowledgements, in milliseconds. */
function readTimeout(options: unknown): number | Failure {
  if (options === undefined) return DEFAULT_TIMEOUT_MS;
  const read = readOptions("options", options, OPTIONS);
  if (read instanceof Failure) return read;
  return read.until === "finished" ? 0 : (read.timeoutMs ?? DEFAULT_TIMEOUT_MS);
}

function findRequest(source: unknown, connection: ConnectionRecord): object | Failure {
  const found = searchRequest(source, (request) => connection.isAnswering(request));
  if (found !== undefined) return found;
  // A request that was in flight before the tracker came. Node does not say which one it is.
  if (connection.isAnswering(connection.socket)) return connection.socket;
  const isSocket = findSocket(source) === source;
  const count = connection.answeringCount;
  const [only] = count === 1 ? connection.answering : [];
  if (isSocket && only) return only;
  if (!isSocket) return Failure.of("ERR_SOCKINFO_NO_REQUEST");
  const remedy = count > 1 ? ". Pass the request or its response" : "";
  return Failure.of("ERR_SOCKINFO_NO_REQUEST", `the socket has ${count} requests in flight${remedy}`);
}

const LONGEST_INTERVAL_MS = 250;

interface Reading {
  readonly info: TcpInfo;
  /** When it was taken, by the monotonic clock. */
  readonly atMs: number;
}

/** The measurement of one request. */
class Measurement implements RequestObserver {
  readonly cost: Promise<RequestCost>;
  readonly #connection: ConnectionRecord;
  readonly #request: object;
  readonly #start: TcpInfo;
  readonly #startMs = performance.now();
  readonly #timeoutMs: number;
  #resolve!: (cost: RequestCost) => void;
  /** Whether other requests were in flight at the call. */
  readonly #hadOthers: boolean;
  /** The connection's count at the call, to detect requests that start later. */
  readonly #startedRequests: number;
  #shared: boolean | undefined;
  #finished: TcpInfo | undefined;
  /** The latest reading since the response was finished. */
  #latest: Reading | undefined;
  #finishedMs: number | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: ConnectionRecord, request: object, start: TcpInfo, timeoutMs: number) {
    this.#connection = connection;
    this.#request = request;
    this.#start = start;
    this.#timeoutMs = timeoutMs;
    this.#hadOthers = connection.answeringCount > 1;
    this.#startedRequests = connection.startedRequests;
    this.cost = new Promise((resolve) => (this.#resolve = resolve));
    connection.requestObservers ??= new RequestObservers();
    connection.requestObservers.add(request, this);
  }

  /** From now on the connection's traffic belongs to the next request. */
  nextRequestStarted(): void {
    this.#complete(this.#read());
  }

  requestEnded(isServed: boolean): void {
    if (this.#finishedMs !== undefined) return;
    if (!isServed) return this.#complete(this.#read());
    this.#finishedMs = performance.now();
    // An HTTP/2 stream may close before the frame that ends it is written. Node writes that frame in a setImmediate().
    if (this.#connection.http2Session) this.#immediate = setImmediate(() => this.#finish());
    else this.#finish();
  }

  #finish(): void {
    const reading = this.#read();
    const { info } = reading;
    this.#finished = info;
    this.#latest = reading;
    this.#shared = this.#isShared();
    if (this.#timeoutMs === 0 || this.#isAcked(info) || !reportsUnacked(info)) this.#complete(reading);
    else this.#awaitAcked(info);
  }

  #isShared(): boolean {
    return this.#hadOthers || this.#connection.startedRequests > this.#startedRequests;
  }

  #awaitAcked({ rttMs = 1 }: TcpInfo): void {
    this.#connection.requestObservers?.awaitNext(this);
    this.#checkAckedAfter(Math.min(Math.max(rttMs, 1), LONGEST_INTERVAL_MS));
  }

  connectionLost(): void {
    this.#complete(this.#read());
  }

  #checkAckedAfter(intervalMs: number): void {
    const endMs = (this.#finishedMs ?? 0) + this.#timeoutMs;
    this.#timer = setTimeout(
      () => {
        const reading = this.#read();
        this.#latest = reading;
        if (performance.now() >= endMs || this.#isAcked(reading.info)) this.#complete(reading);
        else this.#checkAckedAfter(Math.min(2 * intervalMs, LONGEST_INTERVAL_MS));
      },
      // Without the 0, the delay would be negative after the event loop was blocked until after `endMs`.
      Math.max(0, Math.min(intervalMs, endMs - performance.now())),
    ).unref();
  }

  #isAcked(info: TcpInfo): boolean {
    return isAcked(info, this.#connection.sentSyn);
  }

  /**
   * When the client had acknowledged the response. A timer notices it later, and that time is not the handler's. `atMs`
   * if the client has not acknowledged it.
   */
  #ackedMs(end: TcpInfo, atMs: number): number {
    if (this.#finishedMs === undefined || end.platform === "darwin" || !this.#isAcked(end)) return atMs;
    return Math.max(this.#finishedMs, atMs - (end.sinceLastAckReceivedMs ?? 0));
  }

  /**
   * For a connection that has ended, this returns its final TCP_INFO, or the latest reading since the response if the
   * final one has no counters.
   */
  #read(): Reading {
    const { socket, finalTcpInfo, closedMs } = this.#connection;
    const info = finalTcpInfo ?? readTcpInfoInAnyState(socket);
    const atMs = closedMs ?? performance.now();
    if (info instanceof Failure) return this.#latest ?? { info: emptyTcpInfo(this.#start), atMs };
    return hasCounters(info) ? { info, atMs } : (this.#latest ?? { info, atMs });
  }

  #complete({ info: end, atMs }: Reading): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#connection.requestObservers?.delete(this.#request, this);
    const intervalMs = this.#ackedMs(end, atMs) - this.#startMs;
    const measured = {
      durationMs: (this.#finishedMs ?? performance.now()) - this.#startMs,
      intervalMs,
      shares: timeShares(this.#start, end, intervalMs),
      shared: this.#shared ?? this.#isShared(),
      aborted: this.#finishedMs === undefined,
      acked: this.#isAcked(end),
      start: this.#start,
      end,
    };
    this.#resolve(costOf(measured, difference(this.#start, end, this.#finished)));
  }
}

/** Whether the kernel has nothing left to send or to send again. False where the kernel does not report that. */
function isAcked(info: TcpInfo, sentSyn: boolean | undefined): boolean {
  if (info.platform === "darwin") return info.state !== "CLOSED" && info.sendBufferBytes === 0;
  const { bytesSent, bytesAcked, retransmittedBytes = 0, notSentBytes = 0 } = info;
  // In state CLOSED both numbers are 0 after a reset too, because the kernel has dropped all unsent data.
  if (info.state !== "CLOSED") return info.unackedSegments === 0 && notSentBytes === 0;
  if (bytesSent === undefined || bytesAcked === undefined) return false;
  return notSentBytes === 0 && surelyAcked(bytesAcked, sentSyn) >= bytesSent - retransmittedBytes;
}

/** Whether a later reading can show that all is acknowledged. */
function reportsUnacked(info: TcpInfo): boolean {
  return (info.platform === "darwin" ? info.sendBufferBytes : info.unackedSegments) !== undefined;
}

/** False where the kernel filled in no counters: MPTCP after its end, gVisor, or a short struct. */
function hasCounters(info: TcpInfo): boolean {
  return info.dataSegmentsSent !== undefined;
}

/** A TcpInfo of the same platform in which every field is `undefined`. */
function emptyTcpInfo({ platform }: TcpInfo): TcpInfo {
  return decodeTcpInfo(new Uint8Array(0), platform);
}
