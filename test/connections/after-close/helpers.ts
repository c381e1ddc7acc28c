// Servers whose tracker waits for the true ends, Python clients that count what they get, and the kernel's own
// announcements as another process reads them.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Server } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
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

/** `nextLine` also returns lines that came before the call. */
function start(
  script: string,
  ...parameters: string[]
): { program: Program; nextLine: () => Promise<string | undefined> } {
  const program = spawn("python3", ["-u", join(import.meta.dirname, script), ...parameters], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  program.stdin.on("error", () => {});
  onTestFinished(() => void program.kill());
  const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
  return { program, nextLine: async () => (await lines.next()).value as string | undefined };
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
  const { program, nextLine } = start("client.py", address, String(portOf(server)), way);
  const port = Number(await nextLine());
  const report = nextLine().then((line) => JSON.parse(line ?? "null") as ClientReport);
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
  const { nextLine } = start("announcements.py", String(portOf(server)));
  await nextLine();
  const all: Announced[] = [];
  const collect = async (): Promise<void> => {
    for (let line = await nextLine(); line !== undefined; line = await nextLine())
      all.push(JSON.parse(line) as Announced);
  };
  void collect();
  return async (remotePort) => {
    await until(() => all.some(({ remote }) => remote === remotePort));
    return all.find(({ remote }) => remote === remotePort) as Announced;
  };
}
