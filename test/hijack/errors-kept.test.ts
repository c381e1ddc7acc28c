// Errors of a hijacked socket before its owner listens: none ends the process, and the owner's first listener gets it.
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { hijack, release } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { connectHttp1 } from "../helpers/http-clients";
import { nextRequest, HTTP1, type Http1Kind } from "../helpers/http-servers";
import { closeOf, collectUncaught } from "./helpers/hijacked";
import { WHEN, type When, pauses } from "./helpers/pauses";
import { serveBare } from "./helpers/servers";

/** Hijacks a connection. The owner adds no listener. */
async function take(kind: Http1Kind, when: When) {
  const server = await serveBare(kind);
  const client = await connectHttp1(server, kind);
  const taking = new Promise<Awaited<ReturnType<typeof hijack>>>((resolve, reject) => {
    server.once("request", async (req, res) => {
      if (when === "late") await pauses.immediate();
      hijack(req, res).then(resolve, reject);
    });
  });
  client.send("/");
  return { server, client, ...(await taking) };
}

/** Adds a listener, and returns the errors that it gets. */
async function listenNow(socket: Socket): Promise<Error[]> {
  const errors: Error[] = [];
  socket.on("error", (error) => errors.push(error));
  await pauses.immediate();
  return errors;
}

describe.each(HTTP1)("%s", (kind) => {
  describe.each(WHEN)("%s", (when) => {
    test("destroyed with an error: the first listener gets it once, however late it is added", async () => {
      const uncaught = collectUncaught();
      const { socket } = await take(kind, when);
      const error = new Error("test");
      socket.destroy(error);
      await closeOf(socket);
      await sleep(20);
      expect(await listenNow(socket)).toEqual([error]);
      expect(await listenNow(socket)).toEqual([]);
      expect(uncaught).toEqual([]);
    });

    test("a listener that was added before gets the error once", async () => {
      const { socket } = await take(kind, when);
      const errors: Error[] = [];
      socket.on("error", (error) => errors.push(error));
      socket.destroy(new Error("test"));
      await closeOf(socket);
      expect(await listenNow(socket)).toEqual([]);
      expect(errors).toEqual([new Error("test")]);
    });

    test("a pipe into the socket does not count as a listener", async () => {
      const uncaught = collectUncaught();
      const { socket } = await take(kind, when);
      new PassThrough().pipe(socket);
      socket.destroy(new Error("test"));
      await closeOf(socket);
      expect(await listenNow(socket)).toEqual([new Error("test")]);
      expect(uncaught).toEqual([]);
    });

    test.skipIf(kind === "unix")("a reset by the client", async () => {
      const uncaught = collectUncaught();
      const { client, socket } = await take(kind, when);
      // While TLS has something to write, such as session tickets, Node reports a reset as an end.
      socket.write("hello");
      await client.receive("hello");
      socket.resume();
      client.wire.resetAndDestroy();
      await closeOf(socket);
      expect(await listenNow(socket)).toEqual([expect.objectContaining({ code: "ECONNRESET" })]);
      expect(uncaught).toEqual([]);
    });

    test("an owner that never listens: the process goes on", async () => {
      const uncaught = collectUncaught();
      const { socket } = await take(kind, when);
      socket.destroy(new Error("test"));
      await closeOf(socket);
      await sleep(10);
      expect(uncaught).toEqual([]);
    });

    test("release() after an error: refused, and a later listener gets the error", async () => {
      const { socket } = await take(kind, when);
      socket.destroy(new Error("test"));
      await closeOf(socket);
      expect(() => release(socket, Buffer.alloc(0))).toThrow(
        expect.objectContaining({ code: "ERR_SOCKINFO_SOCKET_CLOSED" }),
      );
      expect(await listenNow(socket)).toEqual([new Error("test")]);
    });
  });

  test("early, destroyed before the promise resolves: it rejects with the cause", async () => {
    const uncaught = collectUncaught();
    const error = new Error("test");
    const server = await serveBare(kind);
    const client = await connectHttp1(server, kind);
    const taking = new Promise((resolve) => {
      server.once("request", (req, res) => {
        hijack(req, res).catch(resolve);
        req.socket.destroy(error);
      });
    });
    client.send("/");
    expect(await taking).toMatchObject({ code: "ERR_SOCKINFO_SOCKET_CLOSED", cause: error });
    await sleep(10);
    expect(uncaught).toEqual([]);
  });

  test("late, destroyed before the promise resolves: it rejects with the cause", async () => {
    const uncaught = collectUncaught();
    const error = new Error("test");
    const server = await serveBare(kind);
    const client = await connectHttp1(server, kind);
    client.send("/");
    const [req, res] = await nextRequest(server);
    await pauses.immediate();
    const taking = hijack(req, res);
    req.socket.destroy(error);
    await expect(taking).rejects.toMatchObject({ code: "ERR_SOCKINFO_SOCKET_CLOSED", cause: error });
    await sleep(10);
    expect(uncaught).toEqual([]);
  });

  test("after release(), Node handles errors again, with 'clientError'", async () => {
    const uncaught = collectUncaught();
    const { server, socket } = await take(kind, "early");
    release(socket, Buffer.alloc(0));
    const errors: Error[] = [];
    server.on("clientError", (error) => errors.push(error));
    socket.destroy(new Error("test"));
    await closeOf(socket);
    await sleep(10);
    expect(errors).toEqual([new Error("test")]);
    expect(uncaught).toEqual([]);
  });
});
