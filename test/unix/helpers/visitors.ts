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

/** Connects, sends `says`, and waits for the end of the connection, or for a reset. */
const CLIENT = `
  const [path, says] = process.argv.slice(1);
  const socket = require("net").connect(path).setEncoding("latin1");
  let received = "";
  socket.on("connect", () => socket.write(Buffer.from(says, "base64"))).on("data", (text) => (received += text));
  socket.on("error", () => {}).on("close", () => process.stdout.write(JSON.stringify(received)));
`;

/** `through` is the command that starts the client, and so decides its user. */
export async function visit(path: string, says = "", through: readonly string[] = asVisitor): Promise<Visit> {
  const bytes = Buffer.from(says, "latin1").toString("base64");
  const [file, ...parameters] = [...through, process.execPath, "-e", CLIENT, path, bytes];
  const child = spawn(file, parameters, { stdio: ["ignore", "pipe", "inherit"], cwd: "/" });
  let text = "";
  for await (const part of child.stdout.setEncoding("utf8")) text += part as string;
  return { received: JSON.parse(text) as string, pid: child.pid as number };
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
