// listenUnix() for each kind of server: a client gets its answer, and the server is in the state that listen()
// leaves.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { lstatSync } from "node:fs";
import net from "node:net";
import { listenUnix } from "sockinfo/unix";
import { expect, onTestFinished, test } from "vitest";
import { lacks } from "../../helpers/needs";
import { socketPath } from "../../helpers/servers";
import { ask } from "../helpers/ask";
import { serverKinds } from "../helpers/server-kinds";

test.each(serverKinds())("%s: a client gets its answer", async (_, { create, ask: askKind }) => {
  const path = socketPath();
  const server = create(() => {});
  let heard = 0;
  server.on("listening", () => heard++);
  expect(await listenUnix(server, path)).toBe(server);
  onTestFinished(() => void server.close());
  expect(heard).toBe(1);
  expect(server.listening).toBe(true);
  expect(server.address()).toBe(path);
  expect(lstatSync(path).isSocket()).toBe(true);
  expect(await askKind(path)).toBe("welcome");
});

test("a server that was closed listens again: on another path, on the same one, on TCP", async () => {
  const [first, second] = [socketPath(), socketPath()];
  const server = net.createServer((socket) => socket.end("hello"));
  for (const path of [first, second, first]) {
    await listenUnix(server, path);
    expect(server.address()).toBe(path);
    expect(await ask(path)).toBe("hello");
    server.close();
    await once(server, "close");
    expect(await ask(path)).toBe("ENOENT");
  }
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  expect(server.address()).toMatchObject({ family: "IPv4" });
});

test.skipIf(lacks("ss"))("ss shows the backlog that was asked for", async () => {
  const path = socketPath();
  const server = await listenUnix(net.createServer(), path, { backlog: 7 });
  onTestFinished(() => void server.close());
  const line = execFileSync("ss", ["-xlH"], { encoding: "utf8" })
    .split("\n")
    .find((each) => each.includes(path));
  expect(line?.trim().split(/\s+/).slice(0, 5)).toEqual(["u_str", "LISTEN", "0", "7", path]);
});
