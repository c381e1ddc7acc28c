// What the page sends: the addresses it answers, the questions it takes, and the frames of its event stream. No
// imports of Node, because the browser part and `sockinfo top` use this file, too.
import type { TcpCause, TcpTimeShares, TcpVerdict } from "../diagnosis/types";

/**
 * The resources, below the address of the page. All links are relative, so the page may be mounted anywhere.
 *
 *     GET ./           HTML
 *     GET ./page.js    an ES module
 *     GET ./page.css
 *     GET ./events     text/event-stream: each event is "frame", and its data is one line of JSON, a PageFrame
 *
 * With `page.listen(port)` a program other than a browser sends `Authorization: Bearer <token>`, with the `token` of
 * the printed address. A browser opens the printed address itself: `./?token=…` sets a cookie and redirects to `./`.
 * Over a Unix socket the `Host` is `localhost`, and there is no token.
 *
 * Every refusal is a line of text: 400 wrong question, 401 no or wrong token, 403 not authorized, or a request of
 * another site, 404, 405, 421 wrong Host, 503 (with Retry-After) too many viewers or questions, or the page is closed.
 */
export const RESOURCES = ["", "page.js", "page.css", "events"] as const;

export const PROTOCOL_VERSION = 1;

/** The time between two frames. */
export const INTERVAL_MS = 1000;

/**
 * What the rows may be ordered by. Rows without the value come last, in either direction. All but three are properties
 * of a row. "queueingMs" is the round-trip time above its minimum, and "trafficBytesPerSecond" is sent and received. "trouble" puts first what most likely needs a look: connections whose timers have run out, then
 * those that have just retransmitted, those with unsent bytes, and those with the longest queueing time.
 */
export const ORDER_KEYS = [
  "trouble",
  "id",
  "ageMs",
  "requestsServed",
  "requestsInFlight",
  "rttMs",
  "minRttMs",
  "queueingMs",
  "sndCwndBytes",
  "deliveryRateBytesPerSecond",
  "sentBytesPerSecond",
  "receivedBytesPerSecond",
  "trafficBytesPerSecond",
  "unackedBytes",
  "notSentBytes",
  "retransmittedSegments",
  "newlyRetransmittedSegments",
] as const;
/** What the rows may be ordered by. */
export type OrderKey = (typeof ORDER_KEYS)[number];

/** How many connections that closed are kept. */
export const MOST_CLOSED = 200;

/** The states of live connections, in the order in which a connection passes them. */
export const PAGE_STATES = ["new", "active", "idle", "hijacked"] as const;
/** The state of a live connection: `ConnectionState` without "closed". */
export type PageState = (typeof PAGE_STATES)[number];

export const DEFAULT_ROWS = 100;
export const MOST_ROWS = 500;

/** The parameters of `./events`. Other parameters, and other values, are refused. */
export interface PageQuestion {
  /** `order`. Default: "trouble". */
  readonly order: OrderKey;
  /** `descending`, "0" or "1". Default: "1", the largest first. */
  readonly descending: boolean;
  /** `state`: only rows of this state. Default: `null`, all. */
  readonly state: PageState | null;
  /** `limit`: the number of rows, 0 to 500. Default: 100. */
  readonly limit: number;
  /** `connection`: the id of the connection to show in depth. Default: `null`, none. */
  readonly connection: number | null;
}

/** Sent once a second. A number that is unknown is `null` in all of these types; so is an infinite one. */
export interface PageFrame {
  readonly version: typeof PROTOCOL_VERSION;
  /** ISO 8601. */
  readonly takenAt: string;
  /** Milliseconds since the frame's numbers were last read: the interval of all rates and new counts. */
  readonly intervalMs: number | null;
  readonly server: PageServer;
  readonly totals: PageTotals;
  readonly order: OrderKey;
  readonly descending: boolean;
  /** The first of all connections that the question selects. */
  readonly rows: readonly PageRow[];
  /** How many more connections the question selects. */
  readonly otherRows: number;
  /** Those since the viewer's previous frame, the oldest first. The first frame has up to 200 from before. */
  readonly recentlyClosed: readonly ClosedRow[];
  /** About the question's `connection`. `null` if there is none, and once it has closed. */
  readonly detail: PageDetail | null;
}

/** The process whose connections these are. */
export interface PageServer {
  /** `os.hostname()`, cut to 64 characters. */
  readonly hostname: string;
  readonly pid: number;
  /** The ports on which servers of the tracker listen, the lowest first, up to 8. Unix sockets have none. */
  readonly ports: readonly number[];
}

export interface PageTotals {
  /** The live connections. */
  readonly connections: Readonly<Record<PageState, number>>;
  /** Since the page was created. Those that it found count as opened. */
  readonly openedTotal: number;
  readonly closedTotal: number;
  /** By close reason. Reasons that did not occur are left out. */
  readonly closedByReason: Readonly<Record<string, number>>;
  readonly requestsInFlight: number;
  /** Payload on TCP, retransmissions included. `null` in the first frame. */
  readonly sentBytesPerSecond: number | null;
  readonly receivedBytesPerSecond: number | null;
  /** Quantiles over the live connections. `null` if none has a sample. */
  readonly rttMs: { readonly p50: number; readonly p90: number; readonly p99: number } | null;
  /** Retransmitted ÷ sent segments of the interval, 0 to 1. `null` if none was sent. */
  readonly retransmissionRatio: number | null;
  /** Sums over the servers that listen. `null` where it can't be read. */
  readonly acceptQueue: {
    readonly length: number;
    readonly limit: number;
    /** Since the listeners began. */
    readonly droppedSyns: number | null;
  } | null;
}

export interface PageRow {
  readonly id: number;
  /** "192.0.2.7:50123", "[2001:db8::7]:50123", "unix", or masked: "192.0.2.x". `null` if unknown. */
  readonly remote: string | null;
  /** As `remote`, or the path of the Unix socket. */
  readonly local: string | null;
  /** "http/1.1", "h2", … `null` before it is negotiated. */
  readonly protocol: string | null;
  readonly state: PageState;
  readonly ageMs: number;
  readonly requestsServed: number;
  readonly requestsInFlight: number;
  /** The path of a request in flight, without its query, cut to 200 characters. `null` if there is none. */
  readonly path: string | null;
  readonly rttMs: number | null;
  readonly minRttMs: number | null;
  readonly sndCwndBytes: number | null;
  readonly deliveryRateBytesPerSecond: number | null;
  readonly sentBytesPerSecond: number | null;
  readonly receivedBytesPerSecond: number | null;
  /** Sent and not yet acknowledged. */
  readonly unackedBytes: number | null;
  /** Written and not yet sent: in the kernel, and in Node's own buffer. */
  readonly notSentBytes: number | null;
  /** Arrived and not yet read by the process. */
  readonly unreadBytes: number | null;
  readonly retransmittedSegments: number | null;
  readonly newlyRetransmittedSegments: number | null;
  /** Where the time of the interval went. */
  readonly shares: TcpTimeShares | null;
  readonly verdict: TcpVerdict;
  readonly cause: TcpCause | null;
  /** The verdict in words. */
  readonly sentence: string;
  /** On Unix sockets. */
  readonly peer: PagePeer | null;
}

export interface PagePeer {
  readonly uid: number | null;
  readonly pid: number | null;
}

export interface ClosedRow {
  readonly id: number;
  readonly remote: string | null;
  readonly protocol: string | null;
  /** ISO 8601. */
  readonly openedAt: string;
  readonly closedAt: string;
  readonly durationMs: number;
  readonly requestsServed: number;
  /** A CloseReason of sockinfo/connections. */
  readonly closeReason: string;
  /** The code of the error that ended it. */
  readonly closeError: string | null;
  /** The last readings before the descriptor was closed. */
  readonly rttMs: number | null;
  readonly bytesSent: number | null;
  readonly bytesReceived: number | null;
  readonly retransmittedSegments: number | null;
  readonly notSentBytes: number | null;
  /**
   * A ConnectionEnd of sockinfo/connections: what became of it after the close. `null` without the tracker's option
   * `afterClose`, and until it is known. Once it is, the row is sent again, with the same `id`.
   */
  readonly outcome: string | null;
}

/** One connection in depth. */
export interface PageDetail {
  readonly id: number;
  /**
   * Its time line, one sample for each frame: those since the viewer's previous frame. The first frame has up to 120
   * from before, if another viewer has watched it.
   */
  readonly samples: readonly PageSample[];
  /** Those since the page watches it, up to 30, the newest first. */
  readonly requests: readonly PageRequest[];
  /** All properties of its TcpInfo; docs/tcp-info.md has their meanings. `null` if it has none, as on Unix sockets. */
  readonly tcpInfo: Readonly<Record<string, unknown>> | null;
  /** The properties of its TcpDiagnosis. `null` until there are two readings. */
  readonly diagnosis: Readonly<Record<string, unknown>> | null;
}

export interface PageSample {
  /** ISO 8601. */
  readonly takenAt: string;
  readonly sndCwndBytes: number | null;
  readonly rttMs: number | null;
  readonly deliveryRateBytesPerSecond: number | null;
  readonly unackedBytes: number | null;
  readonly shares: TcpTimeShares | null;
}

/** A request of the watched connection: its beginning and its cost, and nothing else of it. */
export interface PageRequest {
  /** Counts from 1 for each watched connection. */
  readonly id: number;
  readonly method: string;
  /** Without its query, cut to 200 characters. `null` if unknown. */
  readonly path: string | null;
  /** `null` until it is answered. */
  readonly status: number | null;
  /** ISO 8601. `null` if it began before the page watched its connection. */
  readonly startedAt: string | null;
  /** Until the kernel had the whole response. `null` until then, and for all the numbers below. */
  readonly durationMs: number | null;
  /** Counted on the connection meanwhile: with parallel requests it includes theirs. */
  readonly bytesAcked: number | null;
  readonly retransmittedSegments: number | null;
  readonly shares: TcpTimeShares | null;
  /** The connection ended or the stream was reset before the response was complete. */
  readonly aborted: boolean | null;
}
