// The npm package peercred.
import type { Socket } from "node:net";
import { loadPackage, type Missing } from "./load.mts";

export interface Peercred {
  fromSock(socket: Socket): { readonly pid: number; readonly uid: number; readonly gid: number };
}

export function loadPeercred(): Peercred | Missing {
  return loadPackage<Peercred>("peercred");
}
