// sockinfo closed: each TCP connection as it ends, by the kernel's announcements.
import process from "node:process";
import { type DestroyedSocket, type DestroyObserver, type Failure, subscribeToDestroyEvents } from "../core";
import { jsonPrinter, type Printer, tablePrinter } from "./closed-lines";
import { type Command, type Io, UsageError } from "./command";
import { readEnded } from "./ended";
import { readPort } from "./endpoint";
import { unwrap } from "./sockets";

export const closed: Command = {
  name: "closed",
  usage: "[:port] [--json]",
  summary: "Print each connection as it ends, with what was delivered",
  options: { json: { type: "boolean", help: "Print a line of JSON for each (docs/cli.md has the schema)" } },
  operands: { least: 0, most: 1 },
  needsLinux: true,
  details: [
    "Runs until SIGINT (Ctrl+C) or SIGTERM. With :port, only connections with this",
    "local port. A connection of this machine with itself is printed for each end.",
    "",
    "SENT      bytes of the application that were sent, each once",
    "RECEIVED  bytes from the peer. Its FIN counts as one.",
    "RETRANS   segments that were sent again",
    "RESULT    delivered; 12 kB unacked: sent, but may not have arrived;",
    "          3.4 MB unsent: surely lost; aborted: this side reset it, which clears",
    "          the numbers; unconnected: the peer never answered, or refused",
  ],
  async run({ operands: [operand], has }, io) {
    const port = operand === undefined ? undefined : readPort(operand);
    if (operand !== undefined && port === undefined) throw new UsageError(`"${operand}" is not :port`);
    const printer = has("json") ? jsonPrinter(io) : tablePrinter(port === undefined, io);
    await untilStopped(port, printer, io);
    return 0;
  },
};

/** A reader of a pipe that does not keep up must not fill the memory. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** Watches until a signal ends it. @throws Why no announcement comes. */
async function untilStopped(port: number | undefined, printer: Printer, io: Io): Promise<void> {
  let stop = (_failure?: Failure): void => {};
  const stopped = new Promise<Failure | undefined>((resolve) => (stop = resolve));
  let skipped = 0;
  const observer: DestroyObserver = {
    destroyed(socket: DestroyedSocket) {
      const connection = readEnded(socket);
      if (connection === undefined) return false;
      if (io.stdout.writableLength > MAX_UNREAD_BYTES) skipped++;
      else printer.ended(connection, new Date());
      return false;
    },
    // 0 is for the time before the command began.
    lost: (count) => void (count > 0 && printer.lost(count)),
    unavailable: (failure) => stop(failure),
    portsInUse: () => (port === undefined ? [] : [port]),
  };
  const subscription = unwrap(subscribeToDestroyEvents(observer));
  if (port === undefined) subscription.watchAllPorts();
  else subscription.watchPort(port);
  // The announcements do not keep the process alive.
  const alive = setInterval(() => {
    if (skipped > 0 && io.stdout.writableLength === 0) {
      printer.lost(skipped);
      skipped = 0;
    }
  }, 1000);
  const onSignal = () => stop();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const failure = await stopped;
    if (failure) unwrap(failure);
    if (skipped > 0) printer.lost(skipped);
  } finally {
    clearInterval(alive);
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    subscription.close();
  }
}
