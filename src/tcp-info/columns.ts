// Columns: single properties that can be read from many structs without decoding each struct whole.

/** The properties of `TcpInfo` that have a column. `minRttMs` is on Linux only. */
export type TcpInfoColumn = "rttMs" | "minRttMs" | "sndCwndBytes" | "dataSegmentsSent" | "retransmittedSegments";

/** One property in one layout. */
export interface Column {
  /** The length from which on a struct has the property. */
  readonly endBytes: number;
  /** Reads the property from the struct that begins at word `at`. */
  readonly read: (u32: Uint32Array, at: number) => number | undefined;
}

export type Columns = Readonly<Record<TcpInfoColumn, Column>>;
