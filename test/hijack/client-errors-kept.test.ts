// Errors of a connection from hijackClientRequest(), before the caller listens: none ends the process, and none is
// lost.
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { hijackClientRequest } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { closeOf, collectUncaught } from "./helpers/hijacked";
import { pauses } from "./helpers/pauses";
import { host, receive, requestOver, ScriptedConnection } from "./helpers/scripted";

const ANSWER = "HTTP/1.1 200 OK\r\n\r\n";

/** Adds a listener, and returns the errors that it gets. */
async function listenNow(emitter: EventEmitter): Promise<Error[]> {
  const errors: Error[] = [];
  emitter.on("error", (error: Error) => errors.push(error));
  await pauses.immediate();
  return errors;
}

describe.each(["http", "https", "unix"] as const)("%s", (kind) => {
  async function take(answer: Parameters<typeof host>[0] = ANSWER) {
    const { options } = await host(answer, kind);
    const request = (kind === "https" ? requestHttps : requestHttp)(options).end();
    return { request, ...(await hijackClientRequest(request)) };
  }

  test("the socket is destroyed with an error: the first listener gets it once, however late it is added", async () => {
    const uncaught = collectUncaught();
    const { socket } = await take();
    socket.destroy(new Error("test"));
    await closeOf(socket);
    await sleep(20);
    expect(await listenNow(socket)).toEqual([new Error("test")]);
    expect(await listenNow(socket)).toEqual([]);
    expect(uncaught).toEqual([]);
  });

  test("a pipe into the socket does not count as a listener", async () => {
    const uncaught = collectUncaught();
    const { socket } = await take();
    new PassThrough().pipe(socket);
    socket.destroy(new Error("test"));
    await closeOf(socket);
    expect(await listenNow(socket)).toEqual([new Error("test")]);
    expect(uncaught).toEqual([]);
  });

  test.skipIf(kind === "unix")("a reset by the server", async () => {
    const uncaught = collectUncaught();
    const { socket } = await take((accepted) => {
      accepted.write(ANSWER);
      accepted.on("data", (data) => {
        if (data.toString() !== "reset") return accepted.write(data);
        // Only the inner socket of a TLSSocket can reset the connection.
        const { _parent: inner } = accepted as unknown as { _parent?: typeof accepted };
        return (inner ?? accepted).resetAndDestroy();
      });
    });
    const echo = receive(socket, 4);
    socket.write("ping");
    await echo;
    socket.resume().write("reset");
    await closeOf(socket);
    expect(await listenNow(socket)).toEqual([expect.objectContaining({ code: "ECONNRESET" })]);
    expect(uncaught).toEqual([]);
  });

  test("an error of the request does not end the process, and a later listener gets it", async () => {
    const uncaught = collectUncaught();
    const { request, socket } = await take();
    const error = new Error("test");
    request.emit("error", error);
    expect(await listenNow(request)).toEqual([error]);
    expect(uncaught).toEqual([]);
    socket.destroy();
  });
});

test("a stream from createConnection fails in the tick in which it is taken", async () => {
  const uncaught = collectUncaught();
  const connection = new ScriptedConnection([`${ANSWER}hello`], { stays: true });
  const request = requestOver(connection);
  request.end();
  const taking = hijackClientRequest(request);
  request.on("close", () => connection.destroy(new Error("test")));
  const { socket, head } = await taking;
  expect(head.toString()).toBe("hello");
  // 'close' may have been emitted already.
  await sleep(10);
  expect(socket.destroyed).toBe(true);
  expect(await listenNow(socket)).toEqual([new Error("test")]);
  expect(uncaught).toEqual([]);
});
