// The requests of one watched connection: when each began, its path without the query, and what it cost. Nothing else
// of a request is read.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { type RequestCost, tryMeasureRequest } from "../connections";
import type { ConnectionRecord } from "../connections/connection";
import type { PageRequest } from "./protocol";
import { requestPath } from "./row";
import { pathOf } from "./texts";

const MOST_REQUESTS = 30;

/** A message of Node's channels about HTTP/1. */
interface Message {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

interface WatchedRequest {
  readonly id: number;
  readonly method: string;
  readonly path: string | null;
  /** Missing for a request that began before. */
  readonly startedAt: Date | undefined;
  readonly startedMs: number;
  /** The request of HTTP/1 or the stream of HTTP/2, until it is answered. */
  request: object | undefined;
  status: number | undefined;
  durationMs: number | undefined;
  aborted: boolean | undefined;
  cost: RequestCost | undefined;
}

export class WatchedRequests {
  readonly #connection: ConnectionRecord;
  /** The oldest first. */
  readonly #requests: WatchedRequest[] = [];
  #lastId = 0;
  #session: ServerHttp2Session | undefined;

  constructor(connection: ConnectionRecord) {
    this.#connection = connection;
    for (const request of connection.answering) this.#addEarlier(request);
    subscribe("http.server.request.start", this.#onStart);
    subscribe("http.server.response.finish", this.#onFinish);
    this.#followSession();
  }

  stop(): void {
    unsubscribe("http.server.request.start", this.#onStart);
    unsubscribe("http.server.response.finish", this.#onFinish);
    this.#session?.off("stream", this.#onStream);
  }

  /** The newest first. */
  describe(): PageRequest[] {
    this.#followSession();
    for (const request of this.#requests) noteClosedStream(request);
    return this.#requests.map(describe).toReversed();
  }

  /** The session of HTTP/2 begins after its connection. */
  #followSession(): void {
    const { http2Session } = this.#connection;
    if (this.#session !== undefined || http2Session === undefined) return;
    this.#session = http2Session;
    http2Session.on("stream", this.#onStream);
  }

  readonly #onStart = (message: unknown): void => {
    const { request, socket } = message as Message;
    if (this.#owns(socket)) this.#add(request, request.method ?? "", requestPath(request));
  };

  readonly #onFinish = (message: unknown): void => {
    const { request, response, socket } = message as Message;
    const watched = this.#owns(socket) ? this.#requests.find((each) => each.request === request) : undefined;
    if (watched) finish(watched, response.statusCode, false);
  };

  readonly #onStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    this.#add(stream, String(headers[":method"]), pathOf(headers[":path"]));
  };

  #owns(socket: Socket): boolean {
    return socket === this.#connection.socket || socket === this.#connection.tlsSocket;
  }

  #add(request: object, method: string, path: string | null): void {
    const watched = this.#push(request, method, path, new Date());
    tryMeasureRequest(request as IncomingMessage).then(
      (cost) => void (watched.cost = cost),
      () => {}, // The costs stay unknown.
    );
  }

  /** Only HTTP/1 requests have a method. A stream of HTTP/2 has lost its headers. */
  #addEarlier(request: object): void {
    const { method } = request as Partial<IncomingMessage>;
    if (typeof method === "string") this.#push(request, method, requestPath(request), undefined);
  }

  #push(request: object, method: string, path: string | null, startedAt: Date | undefined): WatchedRequest {
    const watched: WatchedRequest = {
      id: ++this.#lastId,
      method: method.slice(0, 30),
      path,
      startedAt,
      startedMs: performance.now(),
      request,
      status: undefined,
      durationMs: undefined,
      aborted: undefined,
      cost: undefined,
    };
    this.#requests.push(watched);
    if (this.#requests.length > MOST_REQUESTS) this.#requests.shift();
    return watched;
  }
}

/** Without a listener on a stream of the application: it is asked at each look. */
function noteClosedStream(watched: WatchedRequest): void {
  const stream: Partial<ServerHttp2Stream> | undefined = watched.request;
  if (stream?.rstCode === undefined || stream.closed !== true) return;
  finish(watched, Number(stream.sentHeaders?.[":status"] ?? NaN), stream.rstCode !== 0);
}

function finish(watched: WatchedRequest, status: number, aborted: boolean): void {
  watched.request = undefined;
  watched.status = Number.isNaN(status) ? undefined : status;
  watched.aborted = aborted;
  if (watched.startedAt) watched.durationMs = performance.now() - watched.startedMs;
}

function describe({ id, method, path, startedAt, status, durationMs, aborted, cost }: WatchedRequest): PageRequest {
  return {
    id,
    method,
    path,
    status: status ?? null,
    startedAt: startedAt?.toISOString() ?? null,
    durationMs: cost?.durationMs ?? durationMs ?? null,
    bytesAcked: cost?.bytesAcked ?? null,
    retransmittedSegments: cost?.retransmittedSegments ?? null,
    shares: cost?.shares ?? null,
    aborted: cost?.aborted ?? aborted ?? null,
  };
}
