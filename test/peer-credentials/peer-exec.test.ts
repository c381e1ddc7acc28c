// A peer that executes another program after it has connected: the same process, with other arguments.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { openPeerProcess } from "sockinfo";
import { expect, onTestFinished, test } from "vitest";
import { lacks } from "../helpers/needs";
import { listen, socketPath, until } from "../helpers/servers";

test.skipIf(lacks("pidfd", "python"))("a peer after exec() is alive, with the new program's arguments", async () => {
  const path = socketPath();
  const server = await listen(createServer(), { path });
  const python = `import socket,os;s=socket.socket(socket.AF_UNIX);s.connect(${JSON.stringify(path)});s.recv(1);os.execvp("sleep",["sleep","61"])`;
  const child = spawn("python3", ["-c", python], { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [socket] = (await once(server, "connection")) as [Socket];
  const peer = openPeerProcess(socket);
  onTestFinished(() => peer.close());
  expect((await peer.readCommandLine())[0]).toMatch(/python3$/);
  socket.write("x");
  await until(() => readFileSync(`/proc/${child.pid}/cmdline`, "utf8").startsWith("sleep"));
  expect(peer.isAlive()).toBe(true);
  expect(await peer.readCommandLine()).toEqual(["sleep", "61"]);
});
