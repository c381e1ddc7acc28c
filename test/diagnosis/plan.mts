// What one run does, as data: the path, the programs at its ends, and what is true meanwhile. kinds/ makes plans from a
// seed, run.mts carries them out, also on other machines.
import type { TruthName } from "./truths.mts";

export type CongestionControl = "cubic" | "bbr";

/** The words of test/helpers/network-path.cc. */
export type PathSettings = Readonly<Record<string, number>>;

/** What the server does with the diagnosed connection. */
export type ServerProgram =
  /** Writes for ever, and waits for "drain". `blockMs`: its event loop is blocked so long in each `everyMs`. */
  | { readonly does: "bulk"; readonly blockMs?: number; readonly everyMs?: number }
  /** Writes so many bytes once. `ends`: and closes its side. */
  | { readonly does: "send"; readonly bytes: number; readonly ends?: boolean }
  /** Writes so many bytes each time. */
  | { readonly does: "drip"; readonly bytes: number; readonly everyMs: number }
  /**
   * Answers each question with so many bytes, after `thinkMs`. `atMost`: only so many questions. `bulkFromMs`: writes
   * for ever from then on.
   */
  | {
      readonly does: "answer";
      readonly bytes: number;
      readonly thinkMs?: number;
      readonly atMost?: number;
      readonly bulkFromMs?: number;
    }
  /** Compresses so many bytes of text at a time and sends the result. */
  | { readonly does: "gzip"; readonly bytes: number }
  /** A response of node:http with an event of so many bytes each time. */
  | { readonly does: "events"; readonly bytes: number; readonly everyMs: number }
  /** Bulk over TLS, and over one stream of HTTP/2. Their peers are Node's. */
  | { readonly does: "tls" }
  | { readonly does: "http2" };

/** The words of peer.cc, or a client in Node. */
export type Peer = Readonly<Record<string, number>> | "tls" | "http2";

/** A part of a run, in milliseconds since the connection was accepted. */
export interface Phase {
  readonly fromMs: number;
  /** `undefined`: to the end of the run, and all of it is one window. */
  readonly toMs?: number;
  readonly truth: TruthName;
}

export interface KindPlan {
  /** `path` is test/helpers/network-path.cc, `veth` a pair of interfaces in two namespaces. Default: `path`. */
  readonly network?: "path" | "veth" | "loopback";
  readonly path?: PathSettings;
  /** What changes on the path, at these times. */
  readonly changes?: readonly { readonly atMs: number; readonly set: PathSettings }[];
  /** The words of listen.cc: socket options of the server. */
  readonly listen?: Readonly<Record<string, number>>;
  readonly server: ServerProgram;
  readonly peer?: Peer;
  /** A cubic connection that fills the path, too: from `startMs` on, or so long before the diagnosed one. */
  readonly flood?: { readonly startMs: number } | { readonly beforeMs: number };
  readonly durationMs: number;
  /** The run ends when the peer has acknowledged so many bytes. */
  readonly untilAckedBytes?: number;
  readonly phases: readonly Phase[];
}

export interface Plan extends KindPlan {
  readonly kind: string;
  readonly congestionControl: CongestionControl;
  readonly seed: number;
  /** What was drawn, for the record. */
  readonly parameters: Readonly<Record<string, number>>;
}
