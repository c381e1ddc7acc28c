// The names of all fields, and the places that the writers of single fields know them by.
import { decodeDarwin } from "./darwin";
import type { FieldList, TcpInfoField } from "./fields";
import { decodeLinux } from "./linux";
import { structViews } from "./struct-views";
import { layout } from "./this-system";

let allPlaces: ReadonlyMap<string, number> | undefined;

/** By name. -1 for a field of the other system. Made at the first use, because most programs need none. */
export function placesOfFields(): ReadonlyMap<string, number> {
  return (allPlaces ??= new Map([
    ...[...Object.keys(decodeLinux(EMPTY, false)), ...Object.keys(decodeDarwin(EMPTY))].map(elsewhere),
    ...Object.keys(layout.decode(EMPTY, undefined)).map((name, place) => [name, place] as const),
  ]));
}

const EMPTY = structViews(new ArrayBuffer(0), 0);
const elsewhere = (name: string) => [name, -1] as const;

export function fieldList(names: readonly TcpInfoField[]): FieldList {
  const places = names.map((name) => placesOfFields().get(name) ?? -1);
  return { names, places, withMptcp: names.includes("isMptcp") };
}
