// What can be read of many structs without decoding them whole. linux.ts and darwin.ts have the columns of their layouts.

/** The properties of `TcpInfo` that there is a column of. `minRttMs` is on Linux only. */
export type TcpInfoColumn = "rttMs" | "minRttMs" | "sndCwndBytes" | "dataSegmentsSent" | "retransmittedSegments";

/** One property in one layout. */
export interface Column {
  /** How long a struct must be to have it. */
  readonly endBytes: number;
  /** Its value in the struct that begins at word `at`. */
  readonly read: (u32: Uint32Array, at: number) => number | undefined;
}

export type Columns = Readonly<Record<TcpInfoColumn, Column>>;
