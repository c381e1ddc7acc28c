// What `sockinfo closed` prints for each connection: a line of a table, or of JSON.
import { formatBytes, formatCount } from "../quantities";
import type { Io } from "./command";
import type { Ended } from "./ended";
import { formatEndpoint } from "./endpoint";
import { jsonLine } from "./json";

export interface Printer {
  ended(connection: Ended, at: Date): void;
  /** So many connections are not printed. */
  lost(count: number): void;
}

export function jsonPrinter(io: Io): Printer {
  return {
    ended: (connection) => io.print(jsonLine({ connection })),
    lost: (lostConnections) => io.print(jsonLine({ lostConnections })),
  };
}

const [ENDPOINT, BYTES, COUNT] = [21, 8, 7];

/** Lines of fixed columns, because the widths of later lines are not known. */
export function tablePrinter(hasLocal: boolean, io: Io): Printer {
  const line = (time: string, local: string, remote: string, numbers: readonly string[], result: string) =>
    [time.padEnd(8), ...(hasLocal ? [local.padEnd(ENDPOINT)] : []), remote.padEnd(ENDPOINT), ...numbers, result].join(
      "  ",
    );
  const numbers = (sent: string, received: string, retransmitted: string) => [
    sent.padStart(BYTES),
    received.padStart(BYTES),
    retransmitted.padStart(COUNT),
  ];
  io.print(line("TIME", "LOCAL", "REMOTE", numbers("SENT", "RECEIVED", "RETRANS"), "RESULT"));
  return {
    ended({ local, remote, sentBytes, receivedBytes, retransmittedSegments, ...connection }, at) {
      const cells = numbers(formatBytes(sentBytes), formatBytes(receivedBytes), formatCount(retransmittedSegments));
      const text = line(
        at.toTimeString().slice(0, 8),
        formatEndpoint(local),
        formatEndpoint(remote),
        cells,
        resultText(connection),
      );
      io.print(connection.result === "delivered" ? text : io.paint("yellow", text));
    },
    lost: (count) => io.printError(`${count} connections ended too fast, and are not in this list`),
  };
}

function resultText({
  result,
  unackedBytes,
  unsentBytes,
}: Pick<Ended, "result" | "unackedBytes" | "unsentBytes">): string {
  if (result !== "incomplete") return result;
  const parts = [
    ...(unackedBytes ? [`${formatBytes(unackedBytes)} unacked`] : []),
    ...(unsentBytes ? [`${formatBytes(unsentBytes)} unsent`] : []),
  ];
  return parts.join(", ");
}
