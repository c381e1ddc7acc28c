// subscribeToDestroyEvents: the kernel's announcements of destroyed TCP sockets. All trackers of a thread share one
// listener.
import { getSystemErrorName } from "node:util";
import {
  Failure,
  layout,
  LITTLE_ENDIAN,
  loadUsableAddon,
  type NativeBinding,
  structViews,
  type TcpInfo,
} from "../core";
import { loadSockDiag, whyNoAnswer } from "./failure";
import type { TcpEndpoint } from "./socket-id";
import { endpointsAt, SOCKET_ROW_BYTES, tcpInfoBytesAt } from "./socket-row";

/** What the kernel announces about a socket that it is about to destroy. */
export interface DestroyedSocket {
  readonly cookie: bigint;
  readonly localPort: number;
  /** 0 after a reset by this side (SO_LINGER 0). Then most fields of TCP_INFO are 0 or meaningless. */
  readonly remotePort: number;
  /** Both ends. The remote one has the port 0 as `remotePort`, and keeps its address. */
  readEndpoints(): { readonly local: TcpEndpoint; readonly remote: TcpEndpoint };
  /** `undefined` if the announcement has none. */
  readTcpInfo(): TcpInfo | undefined;
}

export interface DestroyObserver {
  /**
   * Called for each socket with one of the watched ports, those of other processes included. Returns whether the
   * socket is the observer's.
   */
  destroyed(socket: DestroyedSocket): boolean;
  /**
   * Sockets that were closed before this call may never be announced.
   *
   * @param count - How many announcements the kernel had to drop, those of other observers' ports included. 0 if
   * sockets may have been closed before the kernel began to announce.
   */
  lost(count: number): void;
  /** No announcement will come. Called once at most. */
  unavailable(reason: Failure): void;
  /** The local ports of all sockets that the observer has or waits for. All of them are watched. */
  portsInUse(): Iterable<number>;
}

export interface DestroySubscription {
  /** Must be called before a socket with this local port is closed. */
  watchPort(port: number): void;
  /** Instead of `watchPort`: the kernel announces all sockets of this network namespace, until `close()`. */
  watchAllPorts(): void;
  /** Ends the thread if this was the last subscription. */
  close(): void;
}

/** As in native/destroy_events.h: with more ports, the kernel announces all sockets. */
const MAX_FILTERED_PORTS = 255;

/** More ports than a filter has. */
const ALL_PORTS = new Uint16Array(MAX_FILTERED_PORTS + 1);

/** The port of the self-test's socket. */
const SELF_TEST_PORT = 0;

let current: Listener | undefined;

/** The kernel lacks announcements, or a sandbox denies them. That stays so for the life of the process. */
let lasting: Failure | undefined;

/**
 * `socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG)` in the groups SKNLGRP_INET_TCP_DESTROY and
 * SKNLGRP_INET6_TCP_DESTROY, read by a thread that does not keep the process alive. Never throws.
 *
 * @returns The subscription, or why no announcements come, as far as that is known at once. A self-test of the thread
 * may find it out later, and then `observer.unavailable` is called.
 * @see sock_diag(7)
 */
export function subscribeToDestroyEvents(observer: DestroyObserver): DestroySubscription | Failure {
  const listener = current ?? startListener();
  if (listener instanceof Failure) return listener;
  const subscriber: Subscriber = { observer, ports: new Set(), portsLimit: MAX_FILTERED_PORTS };
  listener.subscribers.add(subscriber);
  return {
    watchPort: (port) => listener.watchPort(subscriber, port),
    watchAllPorts: () => listener.watchAllPorts(subscriber),
    close: () => listener.remove(subscriber),
  };
}

function startListener(): Listener | Failure {
  if (lasting) return lasting;
  const usable = loadUsableAddon();
  const binding = usable instanceof Failure ? usable : loadSockDiag();
  if (binding instanceof Failure) return binding;
  const listener = new Listener(binding);
  const errno = listener.start();
  if (errno < 0) return whyNoAnnouncements(errno);
  current = listener;
  return listener;
}

function whyNoAnnouncements(errno: number): Failure {
  const failure = failureOf(errno);
  const isLasting =
    failure.code === "ERR_SOCKINFO_UNSUPPORTED_KERNEL" || failure.code === "ERR_SOCKINFO_SYSTEM_CALL_DENIED";
  if (isLasting) lasting = failure;
  return failure;
}

/** `errno` is negative. */
function failureOf(errno: number): Failure {
  switch (getSystemErrorName(errno)) {
    // The socket of the self-test was not announced.
    case "ETIMEDOUT":
      return Failure.of("ERR_SOCKINFO_UNSUPPORTED_KERNEL", "it announces no destroyed sockets (inet_diag, tcp_diag)");
    // By a limit of processes or threads (RLIMIT_NPROC, cgroups).
    case "EAGAIN":
      return Failure.of("ERR_SOCKINFO_OUT_OF_RESOURCES", "no thread can be started", {
        errno,
        syscall: "pthread_create",
      });
  }
  return whyNoAnswer(errno);
}

interface Subscriber {
  readonly observer: DestroyObserver;
  /** The ports that it watches. */
  readonly ports: Set<number>;
  /** With more ports than this, those that are no longer in use are removed. */
  portsLimit: number;
}

class Listener {
  readonly subscribers = new Set<Subscriber>();
  /** By port. There may be thousands of subscribers, each with a port of its own. */
  readonly #watchers = new Map<number, Set<Subscriber>>();
  readonly #watchersOfAll = new Set<Subscriber>();
  readonly #binding: NativeBinding;
  /** Whether the kernel announces the sockets of some ports only. */
  #isFiltered = true;
  #isTested = false;
  #lost = 0;

  constructor(binding: NativeBinding) {
    this.#binding = binding;
  }

  start(): number {
    const ports = Uint16Array.of(SELF_TEST_PORT);
    return this.#binding.startDestroyEvents(ports, (rows, lost, status) => this.#receive(rows, lost, status));
  }

  watchPort(subscriber: Subscriber, port: number): void {
    // A listener that has ended must not change the ports of the next one.
    if (subscriber.ports.has(port) || current !== this) return;
    subscriber.ports.add(port);
    const others = this.#watchers.get(port);
    if (others) others.add(subscriber);
    else this.#watchers.set(port, new Set([subscriber]));
    if (subscriber.ports.size > subscriber.portsLimit) this.#removeUnusedPorts(subscriber);
    this.#applyPorts();
  }

  watchAllPorts(subscriber: Subscriber): void {
    if (current !== this || !this.subscribers.has(subscriber)) return;
    this.#watchersOfAll.add(subscriber);
    this.#applyPorts();
  }

  remove(subscriber: Subscriber): void {
    if (!this.subscribers.delete(subscriber)) return;
    if (this.subscribers.size === 0) return this.#stop();
    for (const port of subscriber.ports) this.#unwatchPort(subscriber, port);
    this.#watchersOfAll.delete(subscriber);
    this.#applyPorts();
  }

  #removeUnusedPorts(subscriber: Subscriber): void {
    const inUse = new Set(subscriber.observer.portsInUse());
    for (const port of subscriber.ports) if (!inUse.has(port)) this.#unwatchPort(subscriber, port);
    subscriber.portsLimit = Math.max(MAX_FILTERED_PORTS, 2 * subscriber.ports.size);
  }

  #unwatchPort(subscriber: Subscriber, port: number): void {
    subscriber.ports.delete(port);
    const watchers = this.#watchers.get(port);
    watchers?.delete(subscriber);
    if (watchers?.size === 0) this.#watchers.delete(port);
  }

  #applyPorts(): void {
    const selfTest = this.#isTested ? [] : [SELF_TEST_PORT];
    const isEachWatched = this.#watchersOfAll.size > 0;
    const isFiltered = !isEachWatched && this.#watchers.size + selfTest.length <= MAX_FILTERED_PORTS;
    // While the kernel announces all sockets, it does not matter which ports these are.
    if (!isFiltered && !this.#isFiltered) return;
    this.#isFiltered = isFiltered;
    const ports = isEachWatched ? ALL_PORTS : Uint16Array.of(...selfTest, ...this.#watchers.keys());
    const errno = this.#binding.setDestroyPorts(ports);
    if (errno < 0) this.#fail(errno);
  }

  #receive(rows: ArrayBuffer, lost: number, status: number): void {
    if (current !== this) return;
    if (status < 0) return this.#fail(status);
    const isFirst = !this.#isTested;
    if (isFirst) {
      this.#isTested = true;
      this.#applyPorts();
    }
    for (let at = 0; at < rows.byteLength; at += SOCKET_ROW_BYTES) this.#announce(new Announcement(rows, at));
    // Sockets that were closed before the thread had joined the groups were not announced.
    const newlyLost = (lost - this.#lost) >>> 0;
    if (isFirst || newlyLost > 0) for (const { observer } of this.subscribers) observer.lost(newlyLost);
    this.#lost = lost;
  }

  #announce(socket: Announcement): void {
    for (const { observer } of this.#watchersOfAll) observer.destroyed(socket);
    for (const { observer } of this.#watchers.get(socket.localPort) ?? []) if (observer.destroyed(socket)) return;
  }

  #fail(errno: number): void {
    const failure = whyNoAnnouncements(errno);
    const subscribers = [...this.subscribers];
    this.subscribers.clear();
    this.#stop();
    for (const { observer } of subscribers) observer.unavailable(failure);
  }

  #stop(): void {
    if (current !== this) return;
    current = undefined;
    this.#binding.stopDestroyEvents();
  }
}

/** A `SocketRow` of native/sock_diag.h. */
class Announcement implements DestroyedSocket {
  readonly cookie: bigint;
  readonly localPort: number;
  readonly remotePort: number;
  readonly #rows: ArrayBuffer;
  readonly #at: number;

  constructor(rows: ArrayBuffer, at: number) {
    this.#rows = rows;
    this.#at = at;
    const view = new DataView(rows, at, SOCKET_ROW_BYTES);
    this.localPort = view.getUint16(4, LITTLE_ENDIAN);
    this.remotePort = view.getUint16(6, LITTLE_ENDIAN);
    this.cookie = view.getBigUint64(48, LITTLE_ENDIAN);
  }

  readEndpoints(): { local: TcpEndpoint; remote: TcpEndpoint } {
    return endpointsAt(this.#rows, this.#at);
  }

  readTcpInfo(): TcpInfo | undefined {
    const bytes = tcpInfoBytesAt(this.#rows, this.#at);
    return bytes && layout.decode(structViews(bytes.buffer, bytes.length, bytes.byteOffset), false);
  }
}
