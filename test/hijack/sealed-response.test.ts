// The response of a hijacked connection: whoever writes is told, none of it is sent, and whoever waits for its end gets it.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { SocketInfoError } from "sockinfo";
import { hijack } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { nextRequest } from "../connections/helpers/requests";
import { connectHttp1 } from "../connections/helpers/clients";
import { HTTP1, nodeMajor } from "../connections/helpers/servers";
import { converse, serve, takeFirst, tick, WHEN, type When } from "./helpers/hazard-scene";

const writers: Record<string, (res: ServerResponse) => unknown> = {
  "write()": (res) => res.write("never"),
  "end()": (res) => res.end(),
  "end(data)": (res) => res.end("never"),
  "writeHead()": (res) => res.writeHead(200, { Never: "1" }),
  "flushHeaders()": (res) => res.flushHeaders(),
  "writeContinue()": (res) => res.writeContinue(),
  "writeProcessing()": (res) => res.writeProcessing(),
  "writeEarlyHints()": (res) => res.writeEarlyHints({ link: "</never>; rel=preload" }),
};

const HIJACKED: unknown = expect.objectContaining({ code: "ERR_SOCKINFO_HIJACKED" });

/** Every way to write, each of which must throw. */
function writeAll(res: ServerResponse): void {
  for (const [name, write] of Object.entries(writers)) {
    let thrown: unknown = `${name} did not throw`;
    try {
      write(res);
    } catch (error) {
      thrown = error;
    }
    expect.soft(thrown).toEqual(HIJACKED);
    expect.soft(thrown).toBeInstanceOf(SocketInfoError);
  }
}

describe.each(HTTP1)("%s", (kind) => {
  test.each(WHEN)("%s: between the call and the promise, and after it", async (when: When) => {
    let onDone: (exchange: [ServerResponse, Awaited<ReturnType<typeof hijack>>]) => void;
    const done = new Promise<[ServerResponse, Awaited<ReturnType<typeof hijack>>]>((resolve) => (onDone = resolve));
    async function take(req: IncomingMessage, res: ServerResponse): Promise<void> {
      if (when === "late") await tick();
      const taking = hijack(req, res);
      writeAll(res);
      expect.soft(res).toMatchObject({ writableEnded: true, headersSent: false });
      onDone([res, await taking]);
    }
    const server = await serve(kind, (req, res) => void take(req, res));
    const client = await connectHttp1(server, kind);
    client.send("/");
    const [res, { socket }] = await done;
    writeAll(res);
    expect(res).toMatchObject({ writableEnded: true, destroyed: true, socket: null });
    res.destroy();
    await tick();
    socket.write("mine");
    await client.receive("mine");
    await converse(socket, client);
    expect(client.received).toBe("<ping>");
  });

  test("nothing but what the owner writes is sent", async () => {
    const { client, res, socket } = await takeFirst(kind);
    writeAll(res);
    socket.end("mine");
    await once(client.stream, "end");
    expect(client.received).toBe("mine");
  });

  test("what is piped into it is not sent", async () => {
    const { client, res, socket } = await takeFirst(kind);
    const source = new PassThrough();
    source.pipe(res);
    await tick();
    const push = (): boolean => source.emit("data", "never");
    // Newer versions catch it, and destroy the response with it, which is destroyed already.
    if (nodeMajor < 24) expect(push).toThrow(HIJACKED);
    else push();
    source.unpipe(res);
    socket.end("mine");
    await once(client.stream, "end");
    expect(client.received).toBe("mine");
  });

  test.each(WHEN)("%s: who waits for its end, or for that of the request, gets it", async (when) => {
    const ends: string[] = [];
    const wait = (name: string, end: Promise<unknown>): void => {
      const note = (): number => ends.push(name);
      end.then(note, note);
    };
    const follow = (req: IncomingMessage, res: ServerResponse): void => {
      wait("finished(res)", finished(res));
      wait("close of res", once(res, "close"));
      wait("finished(req)", finished(req.resume()));
    };
    const server = await serve(kind, (req, res) => {
      if (when === "late") return;
      follow(req, res);
      void hijack(req, res);
    });
    const client = await connectHttp1(server, kind);
    const coming = nextRequest(server);
    client.send("/");
    const [req, res] = await coming;
    if (when === "late") {
      follow(req, res);
      await hijack(req, res);
    }
    await expect.poll(() => ends.toSorted()).toEqual(["close of res", "finished(req)", "finished(res)"]);
    // Who asks afterwards, too.
    await Promise.allSettled([finished(res), finished(req)]);
    expect(req.socket.destroyed).toBe(false);
  });

  test("what was said before it is sent: 100 and 103", async () => {
    const server = await serve(kind);
    const client = await connectHttp1(server, kind);
    client.send("/");
    const [req, res] = await nextRequest(server);
    res.writeContinue();
    res.writeEarlyHints({ link: "</a>; rel=preload" });
    const { socket } = await hijack(req, res);
    socket.end("mine");
    await once(client.stream, "end");
    expect(client.received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 103 Early Hints\r\n[^]*\r\n\r\nmine$/);
  });
});
