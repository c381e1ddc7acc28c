// sockinfo top: connections as they are now, again and again.
import process from "node:process";
import { type Arguments, type Command, type ExitCode, type Io, UsageError } from "../command";
import { clean } from "../clean";
import { type Order, ORDERS } from "./frame";
import { KernelSource } from "./kernel-source";
import { runLiveScreen } from "./live-screen";
import { PageSource } from "./page-source";
import { printJson, printOnce } from "./print";
import type { TopSource } from "./source";
import { readTarget, type Target, titleOf } from "./target";
import { FIRST_VIEW, type View } from "./view";

/** Below half a second, no verdict is possible. */
const [SHORTEST_SECONDS, LONGEST_SECONDS] = [0.5, 3600];

export const top: Command = {
  name: "top",
  usage: "[:port | pid | page]",
  summary: "Watch connections, and what limits each",
  options: {
    interval: { type: "string", short: "i", value: "<seconds>", help: "Time between two looks. Default: 1" },
    sort: { type: "string", short: "s", value: "<order>", help: "Default: trouble. Others are below" },
    filter: { type: "string", short: "f", value: "<text>", help: "Only connections with this text, or with :port" },
    json: { type: "boolean", help: "Print a line of JSON for each look" },
  },
  details: [
    "page is the path of a page's Unix socket, with a slash (./app.sock), or its",
    "address, http: or https:. In a pipe, one table is printed.",
    "",
    `Orders: ${ORDERS.slice(0, 7).join(", ")},`,
    `  ${ORDERS.slice(7).join(", ")}.`,
    "Keys: q quits, ? lists all keys.",
  ],
  operands: { least: 0, most: 1 },
  // A page needs no sock_diag.
  needsLinux: false,
  run,
};

async function run(args: Arguments, io: Io): Promise<ExitCode> {
  const target = readTarget(args.operands[0]);
  const intervalMs = readInterval(args.valueOf("interval"));
  if (target.kind !== "page" && process.platform !== "linux") {
    io.printError("Only Linux lists its sockets. Give the socket or the address of a page (sockinfo/page)");
    return 1;
  }
  const source = sourceOf(target, intervalMs, args.has("interval"));
  const view = readView(args, source);
  const title = clean(titleOf(target));
  if (args.has("json")) return printJson(source, view, io);
  return isScreen(io) ? runLiveScreen(source, title, view, io) : printOnce(source, title, view, io);
}

function sourceOf(target: Target, intervalMs: number, hasInterval: boolean): TopSource {
  if (target.kind !== "page") return new KernelSource(target, intervalMs);
  if (hasInterval) throw new UsageError("A page has its own interval of a second");
  return new PageSource(target.address);
}

function readView(args: Arguments, { orders }: TopSource): View {
  const order = args.valueOf("sort") ?? FIRST_VIEW.order;
  if (!(ORDERS as readonly string[]).includes(order))
    throw new UsageError(`Unknown order "${order}". Orders are: ${ORDERS.join(", ")}`);
  if (!(orders as readonly string[]).includes(order))
    throw new UsageError(`A page has no order "${order}". Its orders are: ${orders.join(", ")}`);
  return {
    ...FIRST_VIEW,
    order: order as Order,
    isDescending: order !== "remote",
    filter: args.valueOf("filter") ?? "",
  };
}

function readInterval(text: string | undefined): number {
  if (text === undefined) return 1000;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (seconds >= SHORTEST_SECONDS && seconds <= LONGEST_SECONDS) return seconds * 1000;
  throw new UsageError(`The interval must be ${SHORTEST_SECONDS} to ${LONGEST_SECONDS} seconds, not "${text}"`);
}

/** Keys and a screen need a terminal at both ends, with more abilities than a "dumb" one. */
function isScreen({ stdin, stdout, env }: Io): boolean {
  return stdin.isTTY && stdout.isTTY && env["TERM"] !== "dumb";
}
