// ConnectionInstrumentation: an instrumentation for OpenTelemetry that tracks every HTTP server of the process.
import type { Meter, MeterProvider } from "@opentelemetry/api";
import type { Server } from "node:net";
import { type Closeable, Failure, loadUsableAddon, readBoolean, readFunction, readOptions } from "../core";
import { type Connection, type ConnectionTracker, getTracker, trackConnections } from "../connections";
import { watchListeningServers } from "./listening-servers";
import { MeterMetrics } from "./meter-metrics";

/** The version of this package. The build replaces it. */
declare const PACKAGE_VERSION: string;

const NAME = "sockinfo";

/** The options of {@link ConnectionInstrumentation}. */
export interface ConnectionInstrumentationConfig {
  /**
   * Default: `true`. With `false`, nothing happens before `enable()`. `registerInstrumentations` calls `enable()` of
   * every instrumentation.
   */
  readonly enabled?: boolean | undefined;
  /** As the option of {@link registerMetrics}, for the connections of all servers. */
  readonly classify?: ((connection: Connection) => string) | undefined;
}

/**
 * Tracks every server of node:http, https and http2 that listens in this thread. Registers the metrics of
 * {@link registerMetrics} at the meter `"sockinfo"`. Use it in a file that `node --import` loads before the program.
 *
 * Source: Node's diagnostics channels `tracing:net.server.listen` and `net.server.socket`. Nothing is patched. It does
 * nothing without a server, or where the native module can't be loaded. It never throws into Node or the program.
 *
 * If the program tracks a server itself, that tracker stays, and its connections are in the metrics, too. If the
 * program calls `trackConnections` later, its tracker replaces the instrumentation's and adopts the live connections.
 * A server that listened before `enable()` is tracked from its next connection on.
 *
 * @example
 * registerInstrumentations({ instrumentations: [new ConnectionInstrumentation()] });
 */
export class ConnectionInstrumentation {
  readonly instrumentationName: string = NAME;
  readonly instrumentationVersion: string = PACKAGE_VERSION;
  #config: CompleteConfig;
  #meter: Meter | undefined;
  /** Defined while it is enabled. */
  #watch: Closeable | undefined;
  readonly #servers = new Map<Server, FollowedServer>();
  readonly #registrations = new Map<ConnectionTracker<unknown>, Closeable>();
  #hasWarned = false;

  /** @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`. */
  constructor(config: ConnectionInstrumentationConfig = {}) {
    const read = readConfig(config);
    if (read instanceof Failure) throw read.toError();
    this.#config = read;
    if (read.enabled) this.enable();
  }

  /** Begins to look for servers. Does nothing the second time. */
  enable(): void {
    this.#watch ??= watchListeningServers((server) => this.#quietly(() => this.#follow(server)));
  }

  /** Closes the trackers that the instrumentation made, and ends the metrics. `enable()` begins again. */
  disable(): void {
    this.#watch?.close();
    this.#watch = undefined;
    for (const server of this.#servers.keys()) this.#leave(server);
  }

  /** Does nothing, because this instrumentation makes no spans. For those of HTTP: {@link createSpanHooks}. */
  setTracerProvider(_provider: unknown): void {}

  /** Registers the metrics anew, at a meter of that provider. */
  setMeterProvider(provider: MeterProvider): void {
    this.#meter = provider.getMeter(NAME, PACKAGE_VERSION);
    this.#registerAnew();
  }

  getConfig(): ConnectionInstrumentationConfig & { readonly enabled: boolean } {
    return this.#config;
  }

  /**
   * Registers the metrics anew, with the new `classify`. `enabled` has no effect here: use `enable()` or `disable()`.
   *
   * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`.
   */
  setConfig(config: ConnectionInstrumentationConfig): void {
    const read = readConfig(config, this.#config.enabled);
    // oxlint-disable-next-line typescript/unbound-method -- only marks where the stack begins
    if (read instanceof Failure) throw read.toError(this.setConfig);
    this.#config = read;
    this.#registerAnew();
  }

  #follow(server: Server): void {
    if (this.#servers.has(server) || loadUsableAddon() instanceof Failure) return;
    const own = getTracker(server) === undefined ? trackConnections(server) : undefined;
    const tracker = own ?? (getTracker(server) as ConnectionTracker<unknown>);
    if (own) own.yielded = () => this.#quietly(() => this.#followAnew(server));
    const onClose = (): void => this.#quietly(() => this.#leave(server));
    server.once("close", onClose);
    this.#servers.set(server, { tracker, own, onClose });
    this.#register(tracker);
  }

  /** The program has made a tracker for the server. It has adopted the live connections. */
  #followAnew(server: Server): void {
    this.#leave(server);
    this.#follow(server);
  }

  #leave(server: Server): void {
    const followed = this.#servers.get(server);
    if (followed === undefined) return;
    const { tracker, own, onClose } = followed;
    this.#servers.delete(server);
    server.off("close", onClose);
    own?.close();
    // A tracker of the program may follow several servers.
    if (![...this.#servers.values()].some((other) => other.tracker === tracker)) this.#unregister(tracker);
  }

  #register(tracker: ConnectionTracker<unknown>): void {
    if (this.#meter === undefined || this.#registrations.has(tracker)) return;
    const registration = MeterMetrics.of(this.#meter).tryFollow(tracker, this.#config.classify);
    // The tracker is closed, or another instrumentation has registered it at this meter.
    if (registration instanceof Failure) return;
    this.#registrations.set(tracker, registration);
  }

  #unregister(tracker: ConnectionTracker<unknown>): void {
    this.#registrations.get(tracker)?.close();
    this.#registrations.delete(tracker);
  }

  #registerAnew(): void {
    for (const tracker of this.#registrations.keys()) this.#unregister(tracker);
    for (const { tracker } of this.#servers.values()) this.#quietly(() => this.#register(tracker));
  }

  /** Node would make an uncaught exception of what a subscriber throws. */
  #quietly(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      process.emitWarning(`A server is not in OpenTelemetry's metrics: ${String(error)}`, "SocketInfoWarning");
    }
  }
}

interface FollowedServer {
  readonly tracker: ConnectionTracker<unknown>;
  /** The same tracker, if this instrumentation made it. */
  readonly own: ConnectionTracker<undefined> | undefined;
  readonly onClose: () => void;
}

type CompleteConfig = ConnectionInstrumentationConfig & { readonly enabled: boolean };

function readConfig(config: unknown, enabledBefore = true): CompleteConfig | Failure {
  const read = readOptions<ConnectionInstrumentationConfig>("config", config, {
    enabled: readBoolean,
    classify: readFunction,
  });
  return read instanceof Failure ? read : { enabled: read.enabled ?? enabledBefore, classify: read.classify };
}
