// What sockinfo can follow in the HTTP servers of this runtime.
import { createServer } from "node:http";
import type { Check } from "./check";

export const RUNTIME_CHECKS: readonly Check<unknown>[] = [
  { name: "trackConnections", try: tryTracker },
  { name: "getCurrentSocket", try: tryCurrentSocket },
  { name: "hijack", try: tryHijack },
];

// Loaded when they are tried: other commands start without them.
const connections = (): typeof import("../../connections") => require("../../connections");
const hijack = (): typeof import("../../hijack") => require("../../hijack");

function tryTracker(): string {
  connections().trackConnections(createServer()).close();
  return "works";
}

function tryCurrentSocket(): string {
  connections().enableCurrentSocket().close();
  return "works";
}

function tryHijack(): string {
  hijack().enableHijack(createServer()).close();
  return "works";
}
