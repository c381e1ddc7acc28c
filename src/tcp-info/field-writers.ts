// The names, types and writers of single fields of TCP_INFO. createTcpInfoReader reads these instead of the whole
// struct. fields-of-linux.ts and fields-of-darwin.ts have the tables.
import type { DarwinTcpInfo } from "./darwin-types";
import type { LinuxTcpInfo } from "./linux-types";
import type { StructViews } from "./struct-views";
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

/**
 * Sets one property, to the value that it has in the whole result. The property's name is in the source of each writer,
 * because V8 needs twice the time to set a property whose name is in a variable.
 *
 * @param isMptcp - `undefined` unless the property `isMptcp` was asked for. The struct does not have it.
 */
export type FieldWriter = (info: UnfinishedFields, views: StructViews, isMptcp: boolean | undefined) => void;

/** A table that lacks one of the names does not compile. */
export type FieldWriters<Name extends TcpInfoField> = Readonly<Record<Name, FieldWriter>>;
