// What of many structs can be read without decoding them whole. linux.ts and darwin.ts have the columns of their layouts;
// tcp-info-rows.ts reads them.

/** The properties of `TcpInfo` that there is a column of. `minRttMs` is on Linux only. */
export type TcpInfoColumn = "rttMs" | "minRttMs" | "sndCwndBytes" | "dataSegmentsSent" | "retransmittedSegments";

/**
 * How much of a struct the kernel has filled in:
 *
 * - `"whole"`: all of it. A zero is a value.
 * - `"part"`: an emulated kernel (gVisor) left the rest 0. A zero may be an omission.
 * - `"state"`: the state alone. Linux has reset the socket, as at the end of MPTCP, or it never had a connection.
 */
export type Fill = "whole" | "part" | "state";

/** One property in one layout. */
export interface Column {
  /** How long a struct must be to have it. */
  readonly endBytes: number;
  /** Its value in the struct that begins at word `at`. */
  readonly read: (u32: Uint32Array, at: number) => number | undefined;
}

export type Columns = Readonly<Record<TcpInfoColumn, Column>>;
