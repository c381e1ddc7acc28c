// A socket that goes on connecting.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { until } from "../../helpers/servers";

const LISTEN = `
  const server = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    console.log(server.address().port);
  });`;

/** The server is a stopped process, which accepts nothing. Once its queue is full, Linux ignores further SYNs. */
export async function connectInVain(): Promise<Socket> {
  const child = spawn(process.execPath, ["-e", LISTEN], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [port] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  child.kill("SIGSTOP");
  const sockets = Array.from({ length: 4 }, () => createConnection(Number(port), "127.0.0.1").on("error", () => {}));
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
  const connecting = () => sockets.filter((socket) => socket.connecting);
  await until(() => connecting().length === 2);
  return connecting()[0] as Socket;
}
