// Waits for the ends of a tracker's closed connections: the kernel's announcements first, questions where these fail.
import type { Server } from "node:net";
import {
  type DestroyedSocket,
  type DestroyObserver,
  type DestroySubscription,
  Failure,
  findTcpSocket,
  subscribeToDestroyEvents,
  type TcpSocketRow,
} from "../../core";
import type { ConnectionRecord } from "../connection";
import { type ClosedConnection, noteClosed } from "./closed-connection";
import {
  deliveredOutcome,
  isOver,
  outcomeAtClose,
  outcomeOf,
  stillSendingOutcome,
  unknownOutcome,
  unreadableOutcome,
} from "./outcome";
import type { ConnectionOutcome, UnknownEndReason } from "./types";
import { WaitingConnections } from "./waiting-connections";

const MAX_WAITING = 10_000;
/**
 * When the kernel is asked for a connection, counted from its close. By default TCP gives up a client that has vanished
 * after 107 seconds, and one that never reads after 343.
 */
const QUESTIONS_MS = [30_000, 360_000] as const;
/** If the kernel no longer knows a connection, its announcement may still be under way. */
const UNDER_WAY_MS = 1000;
const SWEEP_MS = 1000;
/** Each question takes about ten microseconds. */
const MAX_QUESTIONS = 100;
/** The pause between two rounds of questions, in which the event loop runs. */
const NEXT_QUESTIONS_MS = 10;

interface Waiting extends ClosedConnection {
  readonly cookie: bigint;
  /** When the kernel is asked next, by `performance.now()`. */
  dueMs: number;
  /** The kernel no longer knows the connection. */
  isGone: boolean;
}

export type EmitOutcome = (connection: ConnectionRecord, outcome: ConnectionOutcome) => void;

export class AfterClose implements DestroyObserver {
  readonly #emit: EmitOutcome;
  readonly #open: Iterable<ConnectionRecord>;
  readonly #waiting = new WaitingConnections<Waiting>();
  /** By announcement, and not yet emitted. */
  #announced: (readonly [ConnectionRecord, ConnectionOutcome])[] = [];
  /** How many other outcomes are not yet emitted. */
  #unemitted = 0;
  /** Called when no closed connection is without an outcome. */
  readonly #settled = new Set<() => void>();
  readonly #subscription: DestroySubscription | undefined;
  /** Why no announcements come. */
  #failure: Failure | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextSweepMs = Infinity;

  /**
   * @param open - The tracker's live connections.
   * @param emit - Called once for each closed connection, never from within a call of this object.
   */
  constructor(open: Iterable<ConnectionRecord>, emit: EmitOutcome) {
    this.#open = open;
    this.#emit = emit;
    const subscription = subscribeToDestroyEvents(this);
    if (subscription instanceof Failure) this.#failure = subscription;
    else this.#subscription = subscription;
  }

  /** How many closed connections have not got their outcome. */
  get unsettled(): number {
    return this.#waiting.size + this.#announced.length + this.#unemitted;
  }

  /** Calls back when `unsettled` is next 0. Returns how to call that off. */
  onSettled(callback: () => void): () => void {
    this.#settled.add(callback);
    return () => void this.#settled.delete(callback);
  }

  /** Whether the cookie of a closing connection will be used. */
  get needsCookie(): boolean {
    return this.#failure === undefined;
  }

  /** Must be called when the connection is new. */
  opened(connection: ConnectionRecord): void {
    const port = portOf(connection);
    if (port !== undefined) this.#subscription?.watchPort(port);
  }

  /** Must be called while the descriptor is open, and after the final TCP_INFO was read. */
  closing(connection: ConnectionRecord): void {
    const { finalTcpInfo: info, finalCookie: cookie } = connection;
    // The connection came while its socket was connecting, so that its port was not known.
    const { localPort } = connection.socket;
    if (connection.local === undefined && localPort) this.#subscription?.watchPort(localPort);
    if (info === undefined) return this.#finish(connection, () => whyUnreadable(connection, "no-tcp-info"));
    if (info.platform !== "linux") return this.#finish(connection, () => this.#unavailable(connection));
    const closed = noteClosed(connection, info);
    if (info.isMptcp) return this.#finish(connection, () => unknownOutcome(closed, "mptcp"));
    if (isOver(info)) return this.#finish(connection, () => outcomeAtClose(closed));
    // Without a cookie, the kernel is older than 4.12.
    if (this.#failure || cookie === undefined) return this.#finish(connection, () => this.#unavailable(connection));
    this.#wait({ ...closed, cookie, dueMs: closed.closedMs + QUESTIONS_MS[0], isGone: false });
  }

  /** Ends the waiting for connections of `server`. */
  detach(server: Server): void {
    for (const waiting of this.#waiting) {
      if (waiting.server === server) this.#giveUp(waiting, "tracker-closed");
    }
  }

  close(): void {
    for (const waiting of this.#waiting) this.#giveUp(waiting, "tracker-closed");
    clearTimeout(this.#timer);
    this.#subscription?.close();
  }

  /** Called for each of many announcements, and outside of all other work. So "closed" has been emitted. */
  destroyed(socket: DestroyedSocket): boolean {
    const waiting = this.#waiting.get(socket.cookie);
    if (waiting === undefined) return false;
    this.#waiting.delete(waiting);
    const info = socket.readTcpInfo();
    const outcome =
      info?.platform === "linux"
        ? outcomeOf(waiting, info, socket.remotePort === 0)
        : unknownOutcome(waiting, "old-kernel");
    if (this.#announced.push([waiting.connection, outcome]) === 1) process.nextTick(() => this.#emitAnnounced());
    return true;
  }

  /** When a listener throws, the others still get the rest. */
  #emitAnnounced(): void {
    const announced = this.#announced;
    let emitted = 0;
    try {
      for (const [connection, outcome] of announced) {
        emitted++;
        this.#emit(connection, outcome);
      }
    } finally {
      this.#announced = announced.slice(emitted);
      if (this.#announced.length > 0) process.nextTick(() => this.#emitAnnounced());
      this.#checkSettled();
    }
  }

  #checkSettled(): void {
    if (this.#settled.size === 0 || this.unsettled > 0) return;
    const callbacks = [...this.#settled];
    this.#settled.clear();
    for (const callback of callbacks) callback();
  }

  lost(): void {
    const now = performance.now();
    for (const waiting of this.#waiting) if (!waiting.isGone) waiting.dueMs = now;
    if (this.#waiting.size > 0) this.#sweepIn(NEXT_QUESTIONS_MS);
  }

  unavailable(failure: Failure): void {
    this.#failure = failure;
    for (const waiting of this.#waiting) {
      this.#resolve(waiting, () => unknownOutcome(waiting, "unavailable", failure.toError()));
    }
  }

  *portsInUse(): Iterable<number> {
    const waiting = [...this.#waiting].map(({ connection }) => connection);
    for (const connection of [...this.#open, ...waiting]) {
      const port = portOf(connection);
      if (port !== undefined) yield port;
    }
  }

  #unavailable(connection: ConnectionRecord): ConnectionOutcome {
    const failure = this.#failure ?? Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "it has no socket cookies");
    return unreadableOutcome(connection.finalTcpInfo, "unavailable", failure.toError());
  }

  #wait(waiting: Waiting): void {
    // Another process or thread has sent the socket back, and now it was closed again.
    const earlier = this.#waiting.get(waiting.cookie);
    if (earlier) this.#giveUp(earlier, "still-open");
    this.#waiting.add(waiting);
    if (this.#waiting.size > MAX_WAITING) {
      const [oldest] = this.#waiting;
      if (oldest) this.#giveUp(oldest, "too-many");
    }
    // Most connections wait for milliseconds, so the timer is left to run out when the last one has ended.
    if (this.#nextSweepMs === Infinity) this.#sweepIn(SWEEP_MS);
  }

  #giveUp(waiting: Waiting, reason: UnknownEndReason): void {
    this.#resolve(waiting, () => unknownOutcome(waiting, reason));
  }

  #resolve(waiting: Waiting, decide: () => ConnectionOutcome): void {
    if (this.#waiting.delete(waiting)) this.#finish(waiting.connection, decide);
  }

  /** The outcome is decided after "closed", because it needs the connection's `closeReason`. */
  #finish(connection: ConnectionRecord, decide: () => ConnectionOutcome): void {
    this.#unemitted++;
    process.nextTick(() => {
      this.#unemitted--;
      try {
        this.#emit(connection, decide());
      } finally {
        this.#checkSettled();
      }
    });
  }

  /** Sweeps after that time, or earlier if that is already planned. Does not keep the process alive. */
  #sweepIn(ms: number): void {
    const atMs = performance.now() + ms;
    if (atMs >= this.#nextSweepMs) return;
    clearTimeout(this.#timer);
    this.#nextSweepMs = atMs;
    this.#timer = setTimeout(() => this.#sweep(), ms).unref();
  }

  #sweep(): void {
    this.#nextSweepMs = Infinity;
    const now = performance.now();
    let questionsLeft = MAX_QUESTIONS;
    for (const waiting of this.#waiting) {
      if (waiting.dueMs > now) continue;
      if (questionsLeft-- === 0) break;
      this.#ask(waiting, now);
    }
    if (this.#waiting.size > 0) this.#sweepIn(questionsLeft < 0 ? NEXT_QUESTIONS_MS : SWEEP_MS);
  }

  #ask(waiting: Waiting, now: number): void {
    if (waiting.isGone) return this.#giveUp(waiting, "lost");
    const row = findByCookie(waiting);
    if (row === undefined) {
      waiting.isGone = true;
      waiting.dueMs = now + UNDER_WAY_MS;
      return;
    }
    if (!(row instanceof Failure) && (row.state === "TIME_WAIT" || row.state === "FIN_WAIT_2"))
      return this.#resolve(waiting, () => deliveredOutcome(waiting, row.tcpInfo));
    const nextMs = QUESTIONS_MS.find((ms) => waiting.closedMs + ms > now);
    if (nextMs !== undefined) waiting.dueMs = waiting.closedMs + nextMs;
    else if (row instanceof Failure) this.#giveUp(waiting, "unanswered");
    // A socket with an inode has a descriptor.
    else if (row.inode !== undefined) this.#giveUp(waiting, "still-open");
    else this.#resolve(waiting, () => stillSendingOutcome(waiting, row.tcpInfo));
  }
}

/** The local port. */
function portOf({ local }: ConnectionRecord): number | undefined {
  return local === undefined || local.family === "unix" ? undefined : local.port;
}

/** The socket as the kernel has it now, or `undefined` if it is gone. */
function findByCookie({ connection, cookie }: Waiting): TcpSocketRow | Failure | undefined {
  const { local, remote } = connection;
  if (local === undefined || local.family === "unix" || remote === undefined || remote.family === "unix") {
    return Failure.of("ERR_SOCKINFO_NOT_CONNECTED");
  }
  return findTcpSocket({ local, remote, cookie });
}

function whyUnreadable(connection: ConnectionRecord, reason: UnknownEndReason): ConnectionOutcome {
  return unreadableOutcome(undefined, reason, connection.finalTcpInfoError);
}
