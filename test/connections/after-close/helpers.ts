// Servers whose tracker waits for the true ends, Python clients that count what they get, and the kernel's own
// announcements as another process reads them.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Server } from "node:net";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import {
  type Connection,
  type ConnectionOutcome,
  type ConnectionTracker,
  trackConnections,
} from "sockinfo/connections";
import { onTestFinished } from "vitest";
import { portOf, until } from "../../helpers/servers";

export interface Ended {
  readonly connection: Connection;
  readonly outcome: ConnectionOutcome;
}

export interface FollowedServer {
  readonly tracker: ConnectionTracker<undefined>;
  /** The outcomes so far. */
  readonly ended: Ended[];
  /** The next outcome that has not been taken. */
  nextEnd(): Promise<Ended>;
}

/** Tracks with `afterClose`, and closes the tracker at the end of the test. */
export function follow(server: Server): FollowedServer {
  const tracker = trackConnections(server, { afterClose: true });
  onTestFinished(() => tracker.close());
  const ended: Ended[] = [];
  let taken = 0;
  tracker.on("destroyed", (connection, outcome) => ended.push({ connection, outcome }));
  const nextEnd = async () => {
    await until(() => ended.length > taken);
    return ended[taken++] as Ended;
  };
  return { tracker, ended, nextEnd };
}

type Program = ChildProcessByStdio<Writable, Readable, null>;

async function nextLine(lines: Interface): Promise<string> {
  const [line] = (await once(lines, "line")) as [string];
  return line;
}

function start(script: string, ...parameters: string[]): { program: Program; lines: Interface } {
  const program = spawn("python3", ["-u", join(import.meta.dirname, script), ...parameters], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  program.stdin.on("error", () => {});
  onTestFinished(() => void program.kill());
  return { program, lines: createInterface(program.stdout) };
}

export type Way = "read" | "slow" | "reset" | "stay" | "talk" | "leave";

export interface ClientReport {
  /** Bytes that the program has read. */
  readonly read: number;
  /** Bytes that its kernel has received. */
  readonly received: number;
  readonly end: "fin" | "reset" | "left";
}

export interface PythonClient {
  readonly port: number;
  /** Lets it go on. */
  proceed(): void;
  readonly report: Promise<ClientReport>;
}

export async function startClient(server: Server, way: Way, address = "127.0.0.1"): Promise<PythonClient> {
  const { program, lines } = start("client.py", address, String(portOf(server)), way);
  const port = Number(await nextLine(lines));
  const report = nextLine(lines).then((line) => JSON.parse(line) as ClientReport);
  return { port, proceed: () => void program.stdin.write("\n"), report };
}

export interface Announced {
  readonly remote: number;
  readonly state: number;
  readonly bytesAcked: number;
  readonly bytesSent: number;
  readonly retransmittedBytes: number;
  readonly notSentBytes: number;
  readonly retransmittedSegments: number;
}

/** What the kernel announces about the server's connections. Must be started before they end. */
export async function startAnnouncements(server: Server): Promise<(remotePort: number) => Promise<Announced>> {
  const { lines } = start("announcements.py", String(portOf(server)));
  await nextLine(lines);
  const all: Announced[] = [];
  lines.on("line", (line) => all.push(JSON.parse(line) as Announced));
  return async (remotePort) => {
    await until(() => all.some(({ remote }) => remote === remotePort));
    return all.find(({ remote }) => remote === remotePort) as Announced;
  };
}
