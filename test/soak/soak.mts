// `npm run test:soak`: memory and descriptors must not grow. It makes millions of calls (calls.mts), and thousands of
// connections: tracked (tracked.mts), with metrics (metrics.mts), and hijacked (hijacked.mts, half as many).
// `--calls N` replaces 5 million calls of each function. `--connections N` replaces 100,000 connections. `--only text`
// runs what has the text in its name.
import { parseArgs } from "node:util";
import { soakCalls } from "./calls.mts";
import { soakCases } from "./cases.mts";
import { withConnections } from "./connections.mts";
import { HIJACKED, soakHijacked } from "./hijacked.mts";
import { SAMPLES } from "./memory.mts";
import { METRICS, soakMetrics } from "./metrics.mts";
import { soakTracked, TRACKED } from "./tracked.mts";

const { values: options } = parseArgs({
  options: {
    calls: { type: "string", default: "5000000" },
    connections: { type: "string", default: "100000" },
    only: { type: "string", default: "" },
  },
});
const calls = numberOf("calls");
const connections = numberOf("connections");

await withConnections(async (open) => {
  for (const [name, call] of Object.entries(soakCases(open))) {
    if (name.includes(options.only)) await soakCalls(name, call, calls);
  }
});
if (TRACKED.includes(options.only)) await soakTracked(connections);
if (METRICS.includes(options.only)) await soakMetrics(connections);
if (HIJACKED.includes(options.only)) await soakHijacked(Math.ceil(connections / 2));

function numberOf(option: "calls" | "connections"): number {
  const number = Number(options[option]);
  if (Number.isSafeInteger(number) && number >= SAMPLES) return number;
  throw new Error(`--${option} must be an integer of at least ${SAMPLES}. Received "${options[option]}"`);
}
