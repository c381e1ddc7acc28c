// The public types of health watchers.
import type { TcpDiagnosis } from "../../core";
import type { Connection } from "../types";

/**
 * What may be wrong with a connection, as {@link diagnoseTcp} finds it from one look to the next:
 *
 * - `"stalled"`: data is on its way or can't leave, and nothing comes back. The peer or the path is dead, or down for a
 *   while.
 * - `"slow-reader"`: data waits here, because the peer's program reads slowly or not at all.
 * - `"lossy"`: segments get lost on the way.
 * - `"unsent"`: more bytes wait here for the client than `unsentLimitBytes`.
 */
export type HealthCondition = "stalled" | "slow-reader" | "lossy" | "unsent";

export interface WatchHealthOptions {
  /**
   * The pause between two looks at all connections, in milliseconds: 5000 by default, 1000 at least. What happened
   * between two looks decides, so shorter pauses find a condition earlier, and longer ones are more certain.
   */
  readonly everyMs?: number | undefined;
  /** How many `unsentBytes` are too many. Without a limit, `"unsent"` never begins. */
  readonly unsentLimitBytes?: number | undefined;
}

/** What the look saw in which a condition began or ended. */
export interface HealthDetails {
  /** What limited the connection since the look before. */
  readonly diagnosis: TcpDiagnosis;
  /**
   * Bytes that wait here for the client: in Node (`writableLength` of the TLS socket or socket) and in the kernel
   * (`notSentBytes`, if it has the field). A buffer that the kernel has taken in part counts in Node as a whole,
   * because Node keeps it as a whole.
   */
  readonly unsentBytes: number;
}

/**
 * The events of a watcher, and the arguments of their listeners. Each `"began"` is followed by one `"ended"` of the
 * same connection and condition, unless the watcher, or the tracker's watch over that server, is closed before.
 */
export interface HealthEvents<Context> {
  /** A condition began to hold. The event with the condition's name follows. */
  began: [connection: Connection<Context>, condition: HealthCondition, details: HealthDetails];
  /** It no longer holds. `details` is `undefined` if the connection has closed, which its tracker reports first. */
  ended: [connection: Connection<Context>, condition: HealthCondition, details: HealthDetails | undefined];
  stalled: [connection: Connection<Context>, details: HealthDetails];
  "slow-reader": [connection: Connection<Context>, details: HealthDetails];
  lossy: [connection: Connection<Context>, details: HealthDetails];
  unsent: [connection: Connection<Context>, details: HealthDetails];
}
