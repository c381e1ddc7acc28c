// The file of one run: lines of JSON. The first is the Recording's head, the others are its readings.
import { readFileSync } from "node:fs";
import type { Plan } from "./plan.mts";

/** What decodeTcpInfo needs to know of the machine that recorded. */
export interface Machine {
  readonly kernelRelease: string;
  readonly endianness: "LE" | "BE";
}

/** The counts of network-path.cc since the previous reading. */
export interface PathCounts {
  readonly segments: number;
  readonly bytes: number;
  readonly retransmittedSegments: number;
  readonly retransmittedBytes: number;
  readonly droppedSegments: number;
  readonly queueDroppedSegments: number;
  readonly queueMsSum: number;
  readonly lateMs: number;
}

export interface Reading {
  /** Milliseconds since the connection was accepted. */
  readonly atMs: number;
  /** The bytes of getTcpInfoBytes, in base64. */
  readonly tcpInfo: string;
  /** `writableLength`: what waits in Node. */
  readonly pendingBytes: number;
  /** How long the server's thread waited for a processor since the previous reading. */
  readonly waitedMs: number;
  /** Not on a LAN or on loopback. */
  readonly path?: PathCounts;
}

export interface Head {
  readonly plan: Plan;
  readonly machine: Machine;
  /** The average number of waiting processes at the end of the run. */
  readonly load: number;
}

export interface Recording extends Head {
  readonly readings: readonly Reading[];
}

export function parseRecording(text: string): Recording {
  const [head, ...readings] = text.trim().split("\n");
  return {
    ...(JSON.parse(head as string) as Head),
    readings: readings.map((line) => JSON.parse(line) as Reading),
  };
}

export function readRecording(file: string): Recording {
  return parseRecording(readFileSync(file, "utf8"));
}
