// Columns: single properties that can be read from many structs without decoding the whole structs.

/** The properties of `TcpInfo` that have a column. The column `minRttMs` has no values on macOS. */
export type TcpInfoColumn = "rttMs" | "minRttMs" | "sndCwndBytes" | "dataSegmentsSent" | "retransmittedSegments";

/** One property in one layout. */
export interface Column {
  /** The least length of a struct that has the property. */
  readonly endBytes: number;
  /** Reads the property from the struct that begins at index `at` of `u32`. */
  readonly read: (u32: Uint32Array, at: number) => number | undefined;
}

export type Columns = Readonly<Record<TcpInfoColumn, Column>>;
