// The names and types of single fields of TCP_INFO. createTcpInfoReader reads these instead of the whole struct.
import type { DarwinTcpInfo } from "./darwin-types";
import type { LinuxTcpInfo } from "./linux-types";
import type { TcpInfo } from "./types";

/**
 * All properties that `TcpInfo` has, on whatever system. A property that only the other system has is `undefined`, as
 * the types of all those properties say.
 */
export interface TcpInfoFields extends Omit<LinuxTcpInfo, "platform">, Omit<DarwinTcpInfo, "platform"> {
  readonly platform: TcpInfo["platform"];
}

/** The name of a property of `LinuxTcpInfo` or `DarwinTcpInfo`. */
export type TcpInfoField = keyof TcpInfoFields;

/** A result that is being made. */
export type UnfinishedFields = { -readonly [Name in TcpInfoField]?: TcpInfoFields[Name] };

/** Fields that are read again and again. */
export interface FieldList {
  readonly names: readonly TcpInfoField[];
  /** The place of each name in this system's list of fields, or -1 for a field of the other system. */
  readonly places: readonly number[];
  /** Whether `isMptcp` is among them, which the struct does not have. */
  readonly withMptcp: boolean;
}
