// Chooses the layout of the structs that this process's kernel writes.
import { release } from "node:os";
import type { Columns } from "./columns";
import { DARWIN_COLUMNS, decodeDarwin, readDarwinState } from "./darwin";
import type { FieldWriter, FieldWriters, TcpInfoField } from "./field-writers";
import { fieldsOfDarwin } from "./fields-of-darwin";
import { fieldsOfLinux } from "./fields-of-linux";
import { decodeLinux, hasEcnWord, LINUX_COLUMNS, readLinuxState } from "./linux";
import { type Fill, readLinuxFill } from "./linux-fill";
import type { TcpState } from "./portable-types";
import type { StructViews } from "./struct-views";
import type { TcpInfo } from "./types";

export interface Layout {
  /** Ignores `isMptcp` on macOS. */
  decode(views: StructViews, isMptcp: boolean | undefined): TcpInfo;
  /** Reads the state from the struct that begins at byte `at`. */
  readState(u8: Uint8Array, at: number): TcpState | undefined;
  /** Returns how much of the struct that begins at byte `at` is filled in. */
  readFill(u8: Uint8Array, u32: Uint32Array, at: number, length: number): Fill;
  readonly columns: Columns;
  /** The writers of all fields. Those of the other system set `undefined`. */
  makeWriters(): FieldWriters<TcpInfoField>;
}

export const layout: Layout = process.platform === "darwin" ? darwinLayout() : linuxLayout(thisKernelHasEcnWord());

function darwinLayout(): Layout {
  return {
    decode: decodeDarwin,
    readState: readDarwinState,
    readFill: () => "whole",
    columns: DARWIN_COLUMNS,
    makeWriters: () => ({ ...absentFields(fieldsOfLinux(false)), ...fieldsOfDarwin() }),
  };
}

function linuxLayout(withEcnWord: boolean): Layout {
  const decode: Layout["decode"] = (views, isMptcp) => decodeLinux(views, withEcnWord, isMptcp);
  return {
    decode,
    readState: readLinuxState,
    readFill: readLinuxFill,
    columns: LINUX_COLUMNS,
    makeWriters: () => ({ ...absentFields(fieldsOfDarwin()), ...fieldsOfLinux(withEcnWord) }),
  };
}

function absentFields<Name extends TcpInfoField>(writers: FieldWriters<Name>): FieldWriters<Name> {
  const absent = (name: string): FieldWriter => {
    return (info: Record<string, unknown>) => (info[name] = undefined);
  };
  return Object.fromEntries(Object.keys(writers).map((name) => [name, absent(name)])) as FieldWriters<Name>;
}

function thisKernelHasEcnWord(): boolean {
  try {
    return hasEcnWord(release());
  } catch {
    return false; // Deno without --allow-sys throws.
  }
}
