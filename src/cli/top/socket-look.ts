// One look at all sockets: a dump, and what each connection did since the look before.
import { growth32, growth64, STATE_NAMES, type TcpSocketDump } from "../../core";
import { CookieIndex } from "./cookie-index";
import { remoteOrder } from "./remote-order";

const COLUMNS = [
  "cookie",
  "state",
  "localPort",
  "remotePort",
  "inode",
  "unreadBytes",
  "acceptQueueLength",
  "acceptQueueLimit",
  "droppedSyns",
  "rttMs",
  "minRttMs",
  "sndCwndBytes",
  "notSentBytes",
  "deliveryRateBytesPerSecond",
  "bytesSent",
  "bytesReceived",
  "dataSegmentsSent",
  "retransmittedSegments",
  "sinceLastDataSentMs",
  "sinceLastDataReceivedMs",
  "busyTimeMs",
  "timerBackoffs",
] as const;

type Columns = Readonly<Record<(typeof COLUMNS)[number], Float64Array>>;

/** As `ss -t` without `-a`: the other states are not connections yet, or not any more. */
const CONNECTION_STATES = [
  "ESTABLISHED",
  "SYN_SENT",
  "FIN_WAIT_1",
  "FIN_WAIT_2",
  "CLOSE_WAIT",
  "LAST_ACK",
  "CLOSING",
] as const;
const IS_CONNECTION = STATE_NAMES.map((name) => (CONNECTION_STATES as readonly unknown[]).includes(name));
const LISTEN = STATE_NAMES.indexOf("LISTEN");

/**
 * Arrays have a number for each socket, at the place of the socket in the dump. NaN stands for "none". Sockets are
 * matched by their cookies, which the kernel never gives to another one.
 */
export class SocketLook {
  readonly columns: Columns;
  readonly takenAt: Date = new Date();
  readonly intervalMs: number | undefined;
  /** The places of the connections and of the listeners, each socket once. */
  readonly connections: readonly number[];
  readonly listeners: readonly number[];
  /** The number of sockets in each state, by the state's name. States that are no connection are counted, too. */
  readonly states: Readonly<Record<string, number>>;
  /** The places in the look before, or -1. */
  readonly placesBefore: Int32Array;
  /** How many connections of the look before are gone. */
  readonly closed: number;
  /** When each connection began, at the latest, by the clock of `beganAt`. */
  readonly beganBy: Float64Array;
  /** 1 for connections of the first look, which may be older than `beganBy`. */
  readonly isOlder: Uint8Array;
  /** Since the look before. All of a connection that is new. NaN at the first look. */
  readonly newlySent: Float64Array;
  readonly newlyReceived: Float64Array;
  readonly newlyRetransmitted: Float64Array;
  readonly newSegments: Float64Array;
  readonly #index: CookieIndex;
  /** 1 for sockets in `connections`. The others are known too, because a process may get a socket from another. */
  readonly #isShown: Uint8Array;
  #remoteOrder: Float64Array | undefined;
  #before: SocketLook | undefined;

  /**
   * @param beganAt - The time before the dump, in milliseconds of a monotonic clock.
   * @param inodes - Only sockets with these inodes are shown. `undefined` for all.
   */
  constructor(
    readonly dump: TcpSocketDump,
    readonly beganAt: number,
    before: SocketLook | undefined,
    inodes: ReadonlySet<number> | undefined,
  ) {
    const { length } = dump;
    this.columns = dump.getColumns(COLUMNS);
    this.intervalMs = before && beganAt - before.beganAt;
    this.#before = before;
    // Two looks are kept, and not all.
    if (before) before.#before = undefined;
    this.#index = new CookieIndex(length);
    this.#isShown = new Uint8Array(length);
    this.placesBefore = new Int32Array(length).fill(-1);
    this.beganBy = new Float64Array(length);
    this.isOlder = new Uint8Array(length);
    this.newlySent = new Float64Array(length).fill(NaN);
    this.newlyReceived = new Float64Array(length).fill(NaN);
    this.newlyRetransmitted = new Float64Array(length).fill(NaN);
    this.newSegments = new Float64Array(length).fill(NaN);
    const [connections, listeners]: [number[], number[]] = [[], []];
    const states: Record<string, number> = {};
    let matched = 0;
    for (let place = 0; place < length; place++) {
      const state = this.columns.state[place] as number;
      const isShown = inodes?.has(this.columns.inode[place] as number) ?? true;
      const cookie = this.columns.cookie[place] as number;
      // While sockets come and go, the kernel may list one twice. One in TIME_WAIT has the cookie of its connection.
      const isFollowed = state === LISTEN || IS_CONNECTION[state] === true;
      if (isFollowed && cookie > 0 && !this.#index.add(cookie, place)) continue;
      const name = STATE_NAMES[state] ?? "UNKNOWN";
      if (isShown) states[name] = (states[name] ?? 0) + 1;
      if (!isFollowed) continue;
      const placeBefore = cookie > 0 && before ? before.#index.get(cookie) : -1;
      this.placesBefore[place] = placeBefore;
      if (state !== LISTEN) this.#compare(place, before, placeBefore);
      if (!isShown) continue;
      if (state === LISTEN) listeners.push(place);
      else {
        connections.push(place);
        this.#isShown[place] = 1;
        if (before && placeBefore >= 0) matched += before.#isShown[placeBefore] as number;
      }
    }
    this.connections = connections;
    this.listeners = listeners;
    this.states = states;
    this.closed = before ? before.connections.length - matched : 0;
  }

  /** Numbers to sort by. Computed once, because the screen is drawn several times for a look. */
  get remoteOrder(): Float64Array {
    const { dump, connections } = this;
    return (this.#remoteOrder ??= remoteOrder(dump.length, connections, (place) => dump.getEndpoints(place)?.remote));
  }

  get before(): SocketLook | undefined {
    return this.#before;
  }

  #compare(place: number, before: SocketLook | undefined, placeBefore: number): void {
    const { columns } = this;
    if (before === undefined) {
      this.beganBy[place] = this.beganAt - leastAge(columns, place);
      this.isOlder[place] = 1;
      return;
    }
    const isNew = placeBefore < 0;
    this.beganBy[place] = isNew ? this.beganAt : (before.beganBy[placeBefore] as number);
    this.isOlder[place] = isNew ? 0 : (before.isOlder[placeBefore] as number);
    this.newlySent[place] = grown(growth64, columns.bytesSent, place, before.columns.bytesSent, placeBefore);
    this.newlyReceived[place] = grown(
      growth64,
      columns.bytesReceived,
      place,
      before.columns.bytesReceived,
      placeBefore,
    );
    this.newlyRetransmitted[place] = grown(
      growth32,
      columns.retransmittedSegments,
      place,
      before.columns.retransmittedSegments,
      placeBefore,
    );
    this.newSegments[place] = grown(
      growth32,
      columns.dataSegmentsSent,
      place,
      before.columns.dataSegmentsSent,
      placeBefore,
    );
  }
}

/** NaN where one of the looks has no number, or the counter went backwards. A new connection began at 0. */
function grown(
  growth: typeof growth32,
  column: Float64Array,
  place: number,
  columnBefore: Float64Array,
  placeBefore: number,
): number {
  const now = column[place] as number;
  const then = placeBefore < 0 ? 0 : (columnBefore[placeBefore] as number);
  return Number.isNaN(now) || Number.isNaN(then) ? NaN : (growth(then, now) ?? NaN);
}

/** The kernel does not tell when a connection began. These times have passed since then at least. */
function leastAge({ sinceLastDataSentMs, sinceLastDataReceivedMs, busyTimeMs }: Columns, place: number): number {
  const times = [sinceLastDataSentMs[place], sinceLastDataReceivedMs[place], busyTimeMs[place]];
  return Math.max(0, ...times.map((time) => time || 0));
}
