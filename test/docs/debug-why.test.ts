// The programs of docs/guides/why-is-this-connection-slow.md, with a client that stops reading.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { root, titledSnippet } from "../helpers/docs";
import { lacks } from "../helpers/needs";

/** Inside the checkout, so that `sockinfo` and ws are found as in a user's project. */
const folder = join(root, "build", "debug-why");

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  return () => rmSync(folder, { recursive: true });
});

/** Starts a program of the guide, and returns the lines that it prints. Its servers print `LISTENING <port>` first. */
function start(title: string): AsyncIterator<string> {
  const file = join(folder, title);
  writeFileSync(file, titledSnippet("docs/guides/why-is-this-connection-slow.md", title));
  const preload = ["--import", join(root, "test/docs/listen-anywhere.mjs")];
  const child = spawn(process.execPath, [...preload, file], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  return createInterface(child.stdout)[Symbol.asyncIterator]();
}

async function nextPort(lines: AsyncIterator<string>): Promise<number> {
  const line = await nextLine(lines);
  expect(line).toMatch(/^LISTENING \d+$/);
  return Number(line.split(" ")[1]);
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { done, value } = await lines.next();
  if (done) throw new Error("the program has ended");
  return value;
}

/** A client that sends a request, and reads nothing. */
async function connectAndStop(port: number, headers: string): Promise<void> {
  const socket = createConnection({ host: "127.0.0.1", port });
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
}

async function get(port: number, path: string): Promise<string> {
  const [response] = (await once(http.get({ host: "127.0.0.1", port, path, agent: false }), "response")) as [
    http.IncomingMessage,
  ];
  return text(response);
}

const STOPPED = "The peer has taken nothing for [\\d.]+ m?s, and [\\d.]+ [kM]B wait here\\.";

describe.skipIf(lacks("linux"))("the guide's programs", () => {
  test("debug-why.mjs lists the connections, and diagnoses one of them", async () => {
    const lines = start("debug-why.mjs");
    const [port, debugPort] = [await nextPort(lines), await nextPort(lines)];
    expect(await get(debugPort, "/debug/why")).toBe("");
    await connectAndStop(port, "");

    // Until the client's kernel is full, the verdict is another one.
    let answer = "";
    while (!answer.startsWith("slow-reader, takes-nothing\n")) answer = await get(debugPort, "/debug/why?id=1");
    const number = "[\\d.]+";
    const shares = `{"applicationMs":${number},"receiverMs":${number},"sendBufferMs":${number},"networkMs":${number}}`;
    expect(answer).toMatch(new RegExp(`^slow-reader, takes-nothing\n${STOPPED}\n${shares}\n{"goodput.*}\n$`));
    const numbers = JSON.parse(answer.split("\n")[3] ?? "") as Record<string, number>;
    expect(numbers["goodputBytesPerSecond"]).toBe(0);
    expect(numbers["pendingBytes"]).toBeGreaterThan(0);

    const list = (await get(debugPort, "/debug/why")).trim().split("\n");
    expect(list.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1]);
    expect(await get(debugPort, "/debug/why?id=2")).toBe("No connection 2\n");
  });

  test.each(["//", "///", "//:0", "/%", "/?%", "http://", "//?id=2"])(
    "%s does not end debug-why.mjs",
    async (target) => {
      const lines = start("debug-why.mjs");
      const [, debugPort] = [await nextPort(lines), await nextPort(lines)];
      const expected = target.endsWith("?id=2") ? "No connection 2\n" : "";
      expect(await get(debugPort, target)).toBe(expected);
      expect(await get(debugPort, "/debug/why")).toBe("");
    },
  );

  test("debug-websocket.mjs prints the sentence while data waits", async () => {
    const lines = start("debug-websocket.mjs");
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    await connectAndStop(await nextPort(lines), `${upgrade}Sec-WebSocket-Key: ${btoa("0123456789abcdef")}\r\n`);
    let line = "";
    while (!new RegExp(`^${STOPPED}$`).test(line)) line = await nextLine(lines);
  });
});
