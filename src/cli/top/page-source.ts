// Follows a page's event stream. The page may be anyone's: its answers are bounded, and never followed elsewhere.
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { clean } from "../clean";
import { ExpectedError } from "../command";
import { EventLines } from "./event-lines";
import { hasText, readFilter } from "./filter";
import { type Order, ORDERS, queueingMs, type TopFrame, type TopRow, type TopTotals } from "./frame";
import { PAGE_ORDERS, type ReadFrame, readPageFrame } from "./page-frame";
import type { Question } from "./socket-rows";
import type { SourceObserver, TopSource } from "./source";
import type { PageAddress } from "./target";

const ROWS = 100;
/** A frame of that many rows has less than a tenth of this. */
const LONGEST_LINE = 2 * 1024 * 1024;
/** What is read of a page between two looks, so that one that never stops does not keep this process busy. */
const MOST_BYTES = 512 * 1024;
/** The page sends a frame each second. More often, the screen does not change. */
const LOOK_MS = 250;
const ANSWERS_WITHIN_MS = 10_000;
/** From then on, a note says that the page is silent. */
const SILENT_MS = 5000;
const RETRY_MS = 2000;
const LONGEST_BODY = 200;

export class PageSource implements TopSource {
  readonly isPage = true;
  readonly orders: readonly Order[] = ORDERS.filter((order) => order in PAGE_ORDERS);
  readonly #address: PageAddress;
  #observer: SourceObserver | undefined;
  #timer: NodeJS.Timeout | undefined;
  #request: ClientRequest | undefined;
  #order: Order = "trouble";
  #isDescending = true;
  #latest: ReadFrame | undefined;
  #latestAt = 0;
  #before: TopTotals | undefined;
  #note: string | undefined;
  #isPaused = false;

  constructor(address: PageAddress) {
    this.#address = address;
  }

  start(observer: SourceObserver, { order, isDescending }: Question): void {
    this.#observer = observer;
    this.#order = order;
    this.#isDescending = isDescending;
    this.#connect();
  }

  /** The stream goes on, and its frames are dropped. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
  }

  close(): void {
    this.#observer = undefined;
    this.#disconnect();
  }

  frame(question: Question): TopFrame | undefined {
    this.#ask(question);
    if (this.#latest === undefined) return undefined;
    const { takenAt, intervalMs, totals, rows } = this.#latest;
    const matching = sorted(rowsMatching(rows, question.filter), question);
    const { first, count, order, isDescending } = question;
    return {
      takenAt,
      intervalMs,
      totals: withChanges(totals, this.#before),
      order,
      isDescending,
      rows: matching.slice(first, first + count),
      matching: matching.length,
      note: this.#note,
    };
  }

  /** Another order is another stream: the page sends the first rows only. */
  #ask({ order, isDescending }: Question): void {
    if (order === this.#order && isDescending === this.#isDescending) return;
    const isSame = PAGE_ORDERS[order] === PAGE_ORDERS[this.#order] && isDescending === this.#isDescending;
    this.#order = order;
    this.#isDescending = isDescending;
    if (isSame || this.#observer === undefined) return;
    this.#disconnect();
    this.#connect();
  }

  #connect(): void {
    const { request, options } = requestOf(this.#address, this.#order, this.#isDescending);
    const clientRequest = request(options);
    this.#request = clientRequest;
    this.#setTimer(ANSWERS_WITHIN_MS, () => this.#fail(new ExpectedError("The page does not answer")));
    clientRequest.on("response", (response) => this.#follow(clientRequest, response));
    clientRequest.on(
      "error",
      (error) => this.#request === clientRequest && this.#fail(asExpected(error, this.#address)),
    );
    clientRequest.end();
  }

  #disconnect(): void {
    clearTimeout(this.#timer);
    const request = this.#request;
    this.#request = undefined;
    request?.destroy();
  }

  #follow(request: ClientRequest, response: IncomingMessage): void {
    const isStream = response.headers["content-type"]?.startsWith("text/event-stream") === true;
    if (response.statusCode !== 200 || !isStream || response.headers["content-encoding"] !== undefined) {
      this.#refuse(request, response);
      return;
    }
    const lines = new EventLines(LONGEST_LINE);
    let bytes = 0;
    this.#latestAt = performance.now();
    response.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (!lines.add(chunk)) this.#fail(new ExpectedError("The page sends lines that are too long"));
      else if (bytes > MOST_BYTES) response.pause();
    });
    response.on("error", (error) => this.#request === request && this.#fail(asExpected(error, this.#address)));
    response.on(
      "close",
      () => this.#request === request && this.#fail(new ExpectedError("The page has ended the stream")),
    );
    const look = (): void => {
      bytes = 0;
      response.resume();
      this.#setTimer(LOOK_MS, look);
      this.#look(lines.takeNewest());
    };
    this.#setTimer(LOOK_MS, look);
  }

  #look(event: string | undefined): void {
    const frame = event === undefined ? undefined : readPageFrame(event);
    if (frame !== undefined && !this.#isPaused) {
      this.#before = this.#latest?.totals;
      this.#latest = frame;
      this.#note = undefined;
    }
    if (frame !== undefined) this.#latestAt = performance.now();
    const silentMs = performance.now() - this.#latestAt;
    if (this.#latest === undefined && silentMs > ANSWERS_WITHIN_MS) {
      this.#fail(new ExpectedError("The page sends nothing"));
      return;
    }
    const isSilent = silentMs > SILENT_MS;
    if (isSilent) this.#note = `The page has sent nothing for ${Math.floor(silentMs / 1000)} s`;
    if ((frame !== undefined && !this.#isPaused) || isSilent) this.#observer?.onLook();
  }

  /** The first lines of the refusal, for a person. */
  #refuse(request: ClientRequest, response: IncomingMessage): void {
    let body = "";
    const end = (): void => {
      if (this.#request !== request) return;
      this.#latest = undefined;
      this.#fail(new ExpectedError(whyRefused(response, body)));
    };
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      body += text;
      if (body.length > LONGEST_BODY) end();
    });
    response.on("error", end);
    response.on("close", end);
  }

  /** A page that has answered once is asked again. One that has not is not there. */
  #fail(error: Error): void {
    this.#disconnect();
    if (this.#latest === undefined) {
      this.#observer?.onFailure(error);
      return;
    }
    this.#note = `${clean(error.message)}. Trying again`;
    this.#setTimer(RETRY_MS, () => this.#connect());
    this.#observer?.onLook();
  }

  #setTimer(delayMs: number, run: () => void): void {
    clearTimeout(this.#timer);
    if (this.#observer !== undefined) this.#timer = setTimeout(run, delayMs);
  }
}

function whyRefused({ statusCode = 0, headers }: IncomingMessage, body: string): string {
  if (statusCode === 200) return "This is not a sockinfo page";
  if (statusCode === 404) return "The page answers 404. Use the whole address that was printed";
  // Refusals of a page are plain text.
  const isText = headers["content-type"]?.startsWith("text/plain") !== false;
  const text = isText ? clean(body.split(/[\r\n]/)[0] ?? "", LONGEST_BODY) : "";
  return text === "" ? `The page answers ${statusCode}` : `The page answers ${statusCode}: ${text}`;
}

/** Errors of TLS and of the HTTP parser are the page's fault, too, and not one of this program. */
function asExpected(error: Error, address: PageAddress): Error {
  const { code } = error as NodeJS.ErrnoException;
  if ("socketPath" in address && code === "ENOENT")
    return new ExpectedError(`There is no socket ${address.socketPath}`);
  if ("socketPath" in address && (code === "ECONNREFUSED" || code === "ENOTSOCK"))
    return new ExpectedError(`Nothing listens on ${address.socketPath}`);
  return "syscall" in error ? error : new ExpectedError(error.message);
}

/** Never through a proxy, and never with a redirection: Node's client follows none. */
function requestOf(
  address: PageAddress,
  order: Order,
  isDescending: boolean,
): { readonly request: (options: RequestOptions) => ClientRequest; readonly options: RequestOptions } {
  const query = `order=${PAGE_ORDERS[order] ?? "trouble"}&descending=${isDescending ? 1 : 0}&limit=${ROWS}`;
  const headers = { accept: "text/event-stream", "accept-encoding": "identity" };
  const { request: requestByHttp } = loadHttp("node:http");
  if ("socketPath" in address) {
    const { socketPath } = address;
    const options = { socketPath, path: `/events?${query}`, headers: { ...headers, host: "localhost" }, agent: false };
    return { request: requestByHttp, options };
  }
  const { url, token } = address;
  const { request } = url.protocol === "https:" ? loadHttp("node:https") : { request: requestByHttp };
  return {
    request,
    options: {
      protocol: url.protocol,
      // Node takes an IPv6 address without its brackets.
      hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      ...(url.port !== "" && { port: url.port }),
      path: `${url.pathname}events?${query}`,
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      agent: false,
    },
  };
}

/** Loaded here, because they take milliseconds that other commands need not pay. */
function loadHttp(name: "node:http" | "node:https"): typeof import("node:http") {
  return require(name);
}

function rowsMatching(rows: readonly TopRow[], text: string): readonly TopRow[] {
  if (text === "") return rows;
  const filter = readFilter(text);
  if (filter.port === undefined)
    return rows.filter((row) => {
      return hasText(filter, [row.state, row.remote, row.local, row.protocol, row.path, row.verdict]);
    });
  const end = `:${filter.port}`;
  return rows.filter(({ remote, local }) => remote.endsWith(end) || local?.endsWith(end) === true);
}

/** Those of `PAGE_ORDERS`, but "trouble", which only the page knows. */
const KEYS: Readonly<Partial<Record<Order, (row: TopRow) => number | undefined>>> = {
  traffic: ({ sentBytesPerSecond: sent, receivedBytesPerSecond: received }) =>
    sent === undefined || received === undefined ? undefined : sent + received,
  rtt: ({ rttMs }) => rttMs,
  queueing: queueingMs,
  cwnd: ({ sndCwndBytes }) => sndCwndBytes,
  rate: (row) => row.deliveryRateBytesPerSecond,
  retransmitted: ({ retransmittedSegments }) => retransmittedSegments,
  retransmitting: (row) => row.newlyRetransmittedSegments,
  unsent: ({ notSentBytes }) => notSentBytes,
  age: ({ ageMs }) => ageMs,
};

/** The page has sorted them. Those of the frame before the order changed are sorted here. */
function sorted(rows: readonly TopRow[], { order, isDescending }: Question): readonly TopRow[] {
  const sign = isDescending ? -1 : 1;
  const keyOf = KEYS[order];
  if (keyOf === undefined) return rows;
  // Rows without the number come last in both directions.
  return rows.toSorted(
    (one, other) => sign * ((keyOf(one) ?? sign * Infinity) - (keyOf(other) ?? sign * Infinity)) || 0,
  );
}

/** The page counts since it began. The screen shows what has changed since the frame before. */
function withChanges(totals: TopTotals, before: TopTotals | undefined): TopTotals {
  const since = (now: number | undefined, then: number | undefined): number | undefined =>
    now === undefined || then === undefined || now < then ? undefined : now - then;
  const { acceptQueue } = totals;
  const newlyDroppedSyns = since(acceptQueue?.droppedSyns, before?.acceptQueue?.droppedSyns);
  return {
    ...totals,
    opened: since(totals.opened, before?.opened),
    closed: since(totals.closed, before?.closed),
    acceptQueue: acceptQueue && { ...acceptQueue, newlyDroppedSyns },
  };
}
