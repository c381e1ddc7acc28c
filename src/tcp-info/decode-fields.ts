// Decodes single fields of this system's struct.
import type { FieldWriter, FieldWriters, TcpInfoField, TcpInfoFields, UnfinishedFields } from "./field-writers";
import { keepFilled } from "./linux-fill";
import type { StructViews } from "./struct-views";
import { layout } from "./this-system";

/** The fields that somebody reads again and again. */
export interface FieldList {
  readonly names: readonly TcpInfoField[];
  /** In the order of `names`. */
  readonly writers: readonly FieldWriter[];
  /** Whether `isMptcp` is among them, which the struct does not have. */
  readonly withMptcp: boolean;
}

export function fieldList(names: readonly TcpInfoField[]): FieldList {
  return { names, writers: names.map((name) => allWriters()[name]), withMptcp: names.includes("isMptcp") };
}

/** Returns an object with these properties only, in their order. */
export function decodeFields(
  views: StructViews,
  { writers }: FieldList,
  isMptcp: boolean | undefined,
): Partial<TcpInfoFields> {
  const info: UnfinishedFields = {};
  // By index, because an iterator takes half the time more.
  for (let index = 0; index < writers.length; index++) (writers[index] as FieldWriter)(info, views, isMptcp);
  return keepFilled(info, layout.readFill(views.u8, views.u32, 0, views.length));
}

let writersOfThisSystem: FieldWriters<TcpInfoField> | undefined;

/** Made at the first use, because most programs need none. */
export function allWriters(): FieldWriters<TcpInfoField> {
  return (writersOfThisSystem ??= layout.makeWriters());
}
