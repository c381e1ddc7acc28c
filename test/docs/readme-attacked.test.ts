// README's first program withstands clients that send two requests in one packet and reset the connection. Writing the
// first answer fails, and Node calls the handler of the second request with a closed socket.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root, snippetsOf } from "../helpers/docs";

/** The first one has a body. Two GETs do not lead to this. */
const REQUESTS = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CONNECTIONS = 400;
const AT_ONCE = 20;

function attack(port: number, index: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1", () => {
      if (index % 2) setImmediate(() => socket.resetAndDestroy());
      else socket.resetAndDestroy();
    });
    socket.write(REQUESTS);
    socket.on("error", () => {}).on("close", () => resolve());
  });
}

test("clients that reset the connection do not end README's first program", { timeout: 60_000 }, async () => {
  // Inside the checkout, so that `sockinfo` is found as in a user's project.
  const folder = join(root, "build", "readme-attacked");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "server.mjs");
  writeFileSync(file, snippetsOf("README.md").find(({ language }) => language === "js")?.code ?? "");

  const child = spawn(process.execPath, ["--import", join(root, "test/docs/listen-anywhere.mjs"), file], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  onTestFinished(() => {
    child.kill();
    rmSync(folder, { recursive: true });
  });
  const port = await new Promise<number>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      const [, digits] = /^LISTENING (\d+)$/m.exec(stdout) ?? [];
      if (digits !== undefined) resolve(Number(digits));
    });
  });

  for (let count = 0; count < CONNECTIONS; count += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => attack(port, index)));

  const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
  expect(stderr).toBe("");
  expect(await response?.text()).toMatch(/^round trip [\d.]+ ms, /);
});
