// Chooses the layout of the structs that this process's kernel writes.
import { release } from "node:os";
import type { Columns } from "./columns";
import { DARWIN_COLUMNS, decodeDarwin, readDarwinState } from "./darwin";
import type { FieldList, TcpInfoField, UnfinishedFields } from "./fields";
import { DARWIN_FIELDS, decodeDarwinFields } from "./fields-of-darwin";
import { decodeLinuxFields, LINUX_FIELDS } from "./fields-of-linux";
import { decodeLinux, hasEcnWord, LINUX_COLUMNS, readLinuxState } from "./linux";
import { type Fill, readLinuxFill } from "./linux-fill";
import type { TcpState } from "./portable-types";
import type { StructViews } from "./struct-views";
import type { TcpInfo } from "./types";

export interface Layout {
  /** Ignores `isMptcp` on macOS. */
  decode(views: StructViews, isMptcp: boolean | undefined): TcpInfo;
  /** The names of all properties. A field's place in `FieldList` is the place of its name here. */
  readonly fields: readonly TcpInfoField[];
  /** `decode` for some properties only. Those of the other system are `undefined`. */
  decodeFields(views: StructViews, fields: FieldList, isMptcp: boolean | undefined): UnfinishedFields;
  /** Reads the state from the struct that begins at byte `at`. */
  readState(u8: Uint8Array, at: number): TcpState | undefined;
  /** Returns how much of the struct that begins at byte `at` is filled in. */
  readFill(u8: Uint8Array, u32: Uint32Array, at: number, length: number): Fill;
  readonly columns: Columns;
}

export const layout: Layout = process.platform === "darwin" ? darwinLayout() : linuxLayout(thisKernelHasEcnWord());

function darwinLayout(): Layout {
  return {
    decode: decodeDarwin,
    fields: DARWIN_FIELDS,
    decodeFields: decodeDarwinFields,
    readState: readDarwinState,
    readFill: () => "whole",
    columns: DARWIN_COLUMNS,
  };
}

function linuxLayout(withEcnWord: boolean): Layout {
  const decode: Layout["decode"] = (views, isMptcp) => decodeLinux(views, withEcnWord, isMptcp);
  const decodeFields: Layout["decodeFields"] = (views, fields, isMptcp) =>
    decodeLinuxFields(views, fields, withEcnWord, isMptcp);
  return {
    decode,
    fields: LINUX_FIELDS,
    decodeFields,
    readState: readLinuxState,
    readFill: readLinuxFill,
    columns: LINUX_COLUMNS,
  };
}

function thisKernelHasEcnWord(): boolean {
  try {
    return hasEcnWord(release());
  } catch {
    return false; // Deno without --allow-sys throws.
  }
}
