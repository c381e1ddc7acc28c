// measureRequest: request → its connection → TCP_INFO at the call and at the end, and between them what the connection tells of
// its requests (request-observers.ts). What is subtracted is in counters.ts.
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
} from "../core";
import type { ConnectionRecord } from "./connection";
import { difference, type TcpCounters } from "./counters";
import { findConnection } from "./find-connection";
import { RequestObservers, type RequestObserver } from "./request-observers";

/**
 * What a request has cost its connection, from the call of `measureRequest` on: by how much each counter has grown, under its name
 * in TcpInfo and in its unit. `undefined` where the kernel does not have the counter, or no longer: an MPTCP
 * connection that has ended has none.
 */
export interface RequestCost extends TcpCounters {
  /** From the call until the response was handed to the kernel, or given up. The client's acknowledgements come later. */
  readonly durationMs: number;
  /**
   * Whether other requests used the connection meanwhile: streams of HTTP/2, pipelined requests. The counters are the connection's
   * and have theirs in them.
   */
  readonly shared: boolean;
  /** Whether the response was never seen to be finished: the connection ended, the stream was reset, or the tracker was closed. */
  readonly aborted: boolean;
  /**
   * Whether at `end` the peer had acknowledged all that was sent, so that no retransmission can follow. False, too, when the
   * connection was reset before, and where the kernel does not say it.
   */
  readonly acked: boolean;
  /** TCP_INFO at the call. */
  readonly start: TcpInfo;
  /**
   * TCP_INFO when the measurement ended; `finalTcpInfo` of a connection that ended before. Where that has no counters,
   * the latest reading since the response was finished. Without any, `end` has only what `finalTcpInfo` has: for MPTCP
   * its `state`.
   */
  readonly end: TcpInfo;
}

export interface MeasureRequestOptions {
  /**
   * - `"acked"`, which is the default: until all that the connection has sent is acknowledged. A response is finished when the
   *   kernel has all of it, often before its first byte has left; what became of it shows later. The wait ends, in any case,
   *   when the next request starts on the connection, when the connection ends, and after `timeoutMs`.
   * - `"finished"`: until the response is handed to the kernel, without any wait.
   */
  readonly until?: "acked" | "finished" | undefined;
  /** How long to wait, at most, for acknowledgements after the response has finished, in milliseconds: 10,000, if not given. */
  readonly timeoutMs?: number | undefined;
}

const OPTIONS: Readers<MeasureRequestOptions> = { until: readOneOf("acked", "finished"), timeoutMs: readDuration };

/**
 * Reads TCP_INFO of a request's connection now and at the end of its response, and gives the difference. Do not await it
 * before you have answered: it waits for the response. Call it in a handler, before the response: what was sent and
 * received before is not counted, so the request's head never is.
 *
 * Two system calls, and a few more while acknowledgements are awaited, at intervals from one round-trip time up to a quarter of a
 * second, by a timer that keeps no process alive. What is received is counted until the response is finished, so that a next
 * request which waits in the kernel is not.
 *
 * @param source - The request or response, of HTTP/1 or HTTP/2, of Node or of a framework; or a socket on which one request is
 * being answered, such as `getCurrentSocket()`. Its server must have a tracker.
 * @throws {SocketInfoError} As the promise's rejection, and only for what is wrong at the call: `ERR_SOCKINFO_NO_REQUEST`
 * (answered already, upgraded, or several on a socket), `ERR_SOCKINFO_NOT_TRACKED`, `ERR_SOCKINFO_NOT_TCP`,
 * `ERR_SOCKINFO_INVALID_ARGUMENT`, and what else `getTcpInfo` throws.
 * @example
 * measureRequest(req).then(({ bytesAcked, retransmittedSegments, rwndLimitedTimeMs }) => {
 *   log.info({ url: req.url, bytesAcked, retransmittedSegments, rwndLimitedTimeMs });
 * }, (error) => log.error(error));
 * @see tcp(7)
 */
export function measureRequest(source: SocketSource, options: MeasureRequestOptions = {}): Promise<RequestCost> {
  const measurement = measure(source, options);
  return measurement instanceof Failure ? Promise.reject(measurement.toError(measureRequest)) : measurement.cost;
}

/**
 * {@link measureRequest}, for code that must go on without: `undefined` when there is nothing to measure for a reason that the
 * caller can't help (not tracked, no request any more, not TCP, platform or runtime not supported).
 *
 * @throws {SocketInfoError} As the promise's rejection: `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_ADDON_LOAD_FAILED`, or a
 * system error.
 * @example
 * const cost = tryMeasureRequest(req);
 * res.end(body);
 * log.info(await cost); // Not before the response, for which it waits.
 */
export async function tryMeasureRequest(
  source: SocketSource,
  options: MeasureRequestOptions = {},
): Promise<RequestCost | undefined> {
  const measurement = measure(source, options);
  return measurement instanceof Failure ? measurement.toUndefined(tryMeasureRequest) : measurement.cost;
}

function measure(source: unknown, options: unknown): Measurement | Failure {
  const timeoutMs = waitOf(options);
  if (timeoutMs instanceof Failure) return timeoutMs;
  const connection = findConnection(source);
  if (connection instanceof Failure) return connection;
  const request = findRequest(source, connection);
  if (request instanceof Failure) return request;
  const start = readTcpInfoInAnyState(connection.socket);
  return start instanceof Failure ? start : new Measurement(connection, request, start, timeoutMs);
}

/** How long to wait for acknowledgements. */
function waitOf(options: unknown): number | Failure {
  const read = readOptions("options", options, OPTIONS);
  if (read instanceof Failure) return read;
  return read.until === "finished" ? 0 : (read.timeoutMs ?? 10_000);
}

function findRequest(source: unknown, { answering = new Set(), socket }: ConnectionRecord): object | Failure {
  const found = searchRequest(source, (request) => answering.has(request));
  if (found !== undefined) return found;
  // Under way since before the tracker came: which one it is, nobody has told.
  if (answering.has(socket)) return socket;
  const isSocket = findSocket(source) === source;
  const [oldest] = answering;
  if (isSocket && oldest && answering.size === 1) return oldest;
  return Failure.of("ERR_SOCKINFO_NO_REQUEST", isSocket ? `the socket has ${answering.size}` : undefined);
}

const LONGEST_INTERVAL_MS = 250;

/** One request under way. */
class Measurement implements RequestObserver {
  readonly cost: Promise<RequestCost>;
  readonly #connection: ConnectionRecord;
  readonly #request: object;
  readonly #start: TcpInfo;
  readonly #startMs = performance.now();
  readonly #timeoutMs: number;
  #resolve!: (cost: RequestCost) => void;
  readonly #hadOthers: boolean;
  /** The connection's count at the call: whether another has started since shows in it. */
  readonly #startedRequests: number;
  #shared: boolean | undefined;
  #finished: TcpInfo | undefined;
  /** The latest reading since the response was finished. */
  #latest: TcpInfo | undefined;
  #finishedMs: number | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: ConnectionRecord, request: object, start: TcpInfo, timeoutMs: number) {
    this.#connection = connection;
    this.#request = request;
    this.#start = start;
    this.#timeoutMs = timeoutMs;
    this.#hadOthers = (connection.answering?.size ?? 0) > 1;
    this.#startedRequests = connection.startedRequests;
    this.cost = new Promise((resolve) => (this.#resolve = resolve));
    connection.requestObservers ??= new RequestObservers();
    connection.requestObservers.add(request, this);
  }

  /** What comes now is the next request's. */
  nextRequestStarted(): void {
    this.#settle(this.#read());
  }

  requestEnded(isServed: boolean): void {
    if (this.#finishedMs !== undefined) return;
    if (!isServed) return this.#settle(this.#read());
    this.#finishedMs = performance.now();
    // A stream of HTTP/2 may have closed when the frame that ends it is still to be written, by an immediate of Node's own.
    if (this.#connection.http2Session) this.#immediate = setImmediate(() => this.#finish());
    else this.#finish();
  }

  #finish(): void {
    const info = this.#read();
    this.#finished = info;
    this.#latest = info;
    this.#shared = this.#isShared();
    if (this.#timeoutMs === 0 || isAcked(info) || !reportsUnacked(info)) this.#settle(info);
    else this.#awaitAcked(info);
  }

  #isShared(): boolean {
    return this.#hadOthers || this.#connection.startedRequests > this.#startedRequests;
  }

  #awaitAcked({ rttMs = 1 }: TcpInfo): void {
    this.#connection.requestObservers?.awaitNext(this);
    this.#lookAgain(Math.min(Math.max(rttMs, 1), LONGEST_INTERVAL_MS));
  }

  connectionLost(): void {
    this.#settle(this.#read());
  }

  #lookAgain(intervalMs: number): void {
    const endMs = (this.#finishedMs ?? 0) + this.#timeoutMs;
    this.#timer = setTimeout(
      () => {
        const info = this.#read();
        this.#latest = info;
        if (performance.now() >= endMs || isAcked(info)) this.#settle(info);
        else this.#lookAgain(Math.min(2 * intervalMs, LONGEST_INTERVAL_MS));
      },
      // The event loop may have been held up until after the end.
      Math.max(0, Math.min(intervalMs, endMs - performance.now())),
    ).unref();
  }

  /**
   * The final TCP_INFO of a connection that has ended. Where that has nothing, the latest reading since the response.
   */
  #read(): TcpInfo {
    const { socket, finalTcpInfo } = this.#connection;
    const info = finalTcpInfo ?? readTcpInfoInAnyState(socket);
    if (info instanceof Failure) return this.#latest ?? emptyTcpInfo(this.#start);
    return hasCounters(info) ? info : (this.#latest ?? info);
  }

  #settle(end: TcpInfo): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#connection.requestObservers?.delete(this.#request, this);
    this.#resolve({
      durationMs: (this.#finishedMs ?? performance.now()) - this.#startMs,
      shared: this.#shared ?? this.#isShared(),
      aborted: this.#finishedMs === undefined,
      acked: isAcked(end),
      start: this.#start,
      end,
      ...difference(this.#start, end, this.#finished),
    });
  }
}

/** Whether the kernel has nothing left that it would have to send (again). False where it does not say it. */
function isAcked(info: TcpInfo): boolean {
  if (info.platform === "darwin") return info.state !== "CLOSED" && info.sendBufferBytes === 0;
  const { bytesSent, bytesAcked, retransmittedBytes = 0, notSentBytes = 0 } = info;
  // On a reset the kernel drops what is left, and then has nothing.
  if (info.state !== "CLOSED") return info.unackedSegments === 0 && notSentBytes === 0;
  if (bytesSent === undefined || bytesAcked === undefined) return false;
  return notSentBytes === 0 && bytesAcked >= bytesSent - retransmittedBytes;
}

/** Whether waiting may show that all is acknowledged. */
function reportsUnacked(info: TcpInfo): boolean {
  return (info.platform === "darwin" ? info.sendBufferBytes : info.unackedSegments) !== undefined;
}

/** False where the kernel filled in no counters: MPTCP after its end, gVisor, a short struct. */
function hasCounters(info: TcpInfo): boolean {
  return info.dataSegmentsSent !== undefined;
}

/** A TcpInfo of the same system in which everything is `undefined`. */
function emptyTcpInfo({ platform }: TcpInfo): TcpInfo {
  return decodeTcpInfo(new Uint8Array(0), platform);
}
