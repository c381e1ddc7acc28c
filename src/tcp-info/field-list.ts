// The names of all fields, and the places that the decoders of single fields know them by.
import type { FieldList, TcpInfoField } from "./fields";
import { DARWIN_FIELDS } from "./fields-of-darwin";
import { LINUX_FIELDS } from "./fields-of-linux";
import { layout } from "./this-system";

let allPlaces: ReadonlyMap<string, number> | undefined;

/** By name. -1 for a field of the other system. Made at the first use, because most programs need none. */
export function placesOfFields(): ReadonlyMap<string, number> {
  return (allPlaces ??= new Map([
    ...[...LINUX_FIELDS, ...DARWIN_FIELDS].map((name) => [name, -1] as const),
    ...layout.fields.map((name, place) => [name, place] as const),
  ]));
}

export function fieldList(names: readonly TcpInfoField[]): FieldList {
  const places = names.map((name) => placesOfFields().get(name) ?? -1);
  return { names, places, withMptcp: names.includes("isMptcp") };
}
