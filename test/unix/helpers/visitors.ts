// Clients that are real processes of other users, and every byte that they receive.
import { spawn } from "node:child_process";
import type { Server } from "node:net";
import { listenUnix } from "sockinfo/unix";
import { onTestFinished } from "vitest";
import { socketPath } from "../../helpers/servers";

export const VISITOR = { uid: 1234, gid: 2345, groups: [7, 70_000] } as const;

/** The command that starts a program as that user. */
export const asVisitor: readonly string[] = ["setpriv", "--reuid", "1234", "--regid", "2345", "--groups", "7,70000"];

export interface Visit {
  /** Everything that the client received. */
  readonly received: string;
  readonly pid: number;
}

/** Connects to each path in turn, sends `says`, and waits for the end of the connection, or for a reset. */
const CLIENT = `
  const [paths, says] = JSON.parse(process.argv[1]);
  const visit = (path) => new Promise((resolve) => {
    let received = "";
    const socket = require("net").connect(path).setEncoding("latin1").on("error", () => {});
    socket.on("connect", () => socket.write(says, "latin1")).on("data", (text) => (received += text));
    socket.on("close", () => resolve(received));
  });
  (async () => {
    const all = [];
    for (const path of paths) all.push(await visit(path));
    process.stdout.write(JSON.stringify(all));
  })();
`;

/** `through` is the command that starts the client, and so decides its user. */
export async function visit(path: string, says = "", through: readonly string[] = asVisitor): Promise<Visit> {
  const [only] = await visitAll([path], says, through);
  return only as Visit;
}

/** One client process that connects to each of these servers. */
export async function visitAll(
  paths: readonly string[],
  says = "",
  through: readonly string[] = asVisitor,
): Promise<Visit[]> {
  const [file, ...parameters] = [...through, process.execPath, "-e", CLIENT, JSON.stringify([paths, says])];
  const child = spawn(file, parameters, { stdio: ["ignore", "pipe", "inherit"], cwd: "/" });
  let text = "";
  for await (const part of child.stdout.setEncoding("utf8")) text += part as string;
  return (JSON.parse(text) as string[]).map((received) => ({ received, pid: child.pid as number }));
}

/**
 * Has the server listen on a socket that every user may connect to, so that only a gate refuses. Closed with the
 * test.
 */
export async function openToAll(server: Server): Promise<string> {
  const path = socketPath();
  await listenUnix(server, path, { mode: 0o666 });
  onTestFinished(() => void server.close());
  return path;
}
