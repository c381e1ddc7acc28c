// The client resets while the connection is handed over, and one of Node's own writes fails. The process must not end.
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { hijack } from "sockinfo/hijack";
import { expect, test } from "vitest";
import { portOf } from "../helpers/servers";
import { collectUncaught } from "./helpers/hijacked";
import { WHEN, type When } from "./helpers/pauses";
import { serveBare } from "./helpers/servers";

const ATTEMPTS = 40;

const REQUESTS: Record<string, string> = {
  "Node writes 100 Continue": "POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
  "Node writes the answer before": "GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /take HTTP/1.1\r\nHost: a\r\n\r\n",
  "the handler writes 100 Continue": "GET /write HTTP/1.1\r\nHost: a\r\n\r\n",
};

/** Blocks the event loop, so that the reset has come when Node reads the next connection. */
function block(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

async function takeOrAnswer(when: When, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (when === "late") await Promise.resolve();
  if (req.url === "/write") res.writeContinue();
  // The owner adds its listener for 'error' later.
  const outcome = await hijack(req, res).then(
    ({ socket }) => socket,
    () => res.destroy(),
  );
  await sleep(5);
  outcome.on("error", () => {}).destroy();
}

/** Another connection blocks the event loop while the client connects, sends and resets. */
async function resetAtOnce(port: number, text: string): Promise<void> {
  const blocker = connect(port, "127.0.0.1").on("error", () => {});
  blocker.write("GET /block HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const client = connect(port, "127.0.0.1", () => {
    client.write(text);
    setImmediate(() => client.resetAndDestroy());
  }).on("error", () => {});
  await sleep(12);
  blocker.destroy();
}

test.each(Object.keys(REQUESTS).flatMap((name) => WHEN.map((when) => [name, when] as const)))(
  "%s, %s",
  async (name, when) => {
    const uncaught = collectUncaught();
    let taken = 0;
    const server = await serveBare("http", (req, res) => {
      if (req.url === "/block") {
        block(5);
        res.end();
      } else if (req.url === "/first") setImmediate(() => res.end("first"));
      else {
        taken += 1;
        void takeOrAnswer(when, req, res);
      }
    });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) await resetAtOnce(portOf(server), REQUESTS[name] as string);
    await sleep(20);
    expect(uncaught).toEqual([]);
    expect(taken).toBeGreaterThan(0);
  },
);
