// A connection that viewers look at in depth: its time line and its requests, kept as long as one of them looks.
import type { ConnectionRecord } from "../connections/connection";
import type { Look } from "./look";
import type { PageDetail, PageSample } from "./protocol";
import { judge, known } from "./row";
import type { SeenConnection } from "./seen-connection";
import { WatchedRequests } from "./watched-requests";

const MOST_SAMPLES = 120;

/** A detail without its samples, which are not the same for all viewers. */
export type DetailBase = Omit<PageDetail, "samples">;

export class WatchedConnection {
  /** The oldest first. */
  readonly #samples: { readonly look: number; readonly sample: PageSample }[] = [];
  readonly #requests: WatchedRequests;

  constructor(connection: ConnectionRecord) {
    this.#requests = new WatchedRequests(connection);
  }

  stop(): void {
    this.#requests.stop();
  }

  /** Adds a sample for the look, unless it has one. */
  take(look: Look, seen: SeenConnection): DetailBase {
    const { tcpInfo, diagnosis } = judge(seen);
    if (this.#samples.at(-1)?.look !== look.number) {
      this.#samples.push({ look: look.number, sample: sampleOf(look, seen, diagnosis?.shares ?? null) });
      if (this.#samples.length > MOST_SAMPLES) this.#samples.shift();
    }
    return {
      id: seen.connection.id,
      requests: this.#requests.describe(),
      tcpInfo: tcpInfo ? { ...tcpInfo } : null,
      diagnosis: diagnosis ? { ...diagnosis } : null,
    };
  }

  /** The samples after that look. */
  since(look: number): PageSample[] {
    return this.#samples.filter((each) => each.look > look).map(({ sample }) => sample);
  }
}

function sampleOf({ takenAt }: Look, seen: SeenConnection, shares: PageSample["shares"]): PageSample {
  return {
    takenAt: takenAt.toISOString(),
    sndCwndBytes: known(seen.sndCwndBytes),
    rttMs: known(seen.rttMs),
    deliveryRateBytesPerSecond: known(seen.deliveryRateBytesPerSecond),
    unackedBytes: known(seen.unackedBytes),
    shares,
  };
}
