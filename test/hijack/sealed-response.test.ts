// The response of a hijacked connection: writing fails and sends nothing, and code that waits for its end sees it.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough, pipeline, Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { SocketInfoError } from "sockinfo";
import { hijack } from "sockinfo/hijack";
import { describe, expect, onTestFinished, test } from "vitest";
import { nextRequest, HTTP1, nodeMajor } from "../helpers/http-servers";
import { connectHttp1, request } from "../helpers/http-clients";
import { converse, takeFirst } from "./helpers/hijacked";
import { WHEN, type When, pauses } from "./helpers/pauses";
import { serve } from "./helpers/servers";

const HIJACKED: unknown = expect.objectContaining({ code: "ERR_SOCKINFO_HIJACKED" });

/** Methods that throw, as Node's own do when they are called too late. */
const OF_HEADERS: Record<string, (res: ServerResponse) => unknown> = {
  "writeHead()": (res) => res.writeHead(200, { Never: "1" }),
  "flushHeaders()": (res) => res.flushHeaders(),
  "writeContinue()": (res) => res.writeContinue(),
  "writeProcessing()": (res) => res.writeProcessing(),
  "writeEarlyHints()": (res) => res.writeEarlyHints({ link: "</never>; rel=preload" }),
};

type Callback = (error?: unknown) => void;

/** Methods that fail as those of streams do. */
const OF_STREAMS: Record<string, (res: ServerResponse, callback?: Callback) => unknown> = {
  "write(data)": (res, callback) => res.write("never", callback),
  "write(data, encoding)": (res, callback) => res.write("never", "latin1", callback),
  "end()": (res, callback) => res.end(callback),
  "end(data)": (res, callback) => res.end("never", callback),
  "end(data, encoding)": (res, callback) => res.end("never", "latin1", callback),
};

/** Tries every way to write, and checks that it fails. */
async function writeAll(res: ServerResponse): Promise<void> {
  for (const [name, write] of Object.entries(OF_HEADERS)) {
    let thrown: unknown = `${name} did not throw`;
    try {
      write(res);
    } catch (error) {
      thrown = error;
    }
    expect.soft(thrown).toEqual(HIJACKED);
    expect.soft(thrown).toBeInstanceOf(SocketInfoError);
  }
  for (const [name, write] of Object.entries(OF_STREAMS)) {
    const told = new Promise((resolve) => expect.soft(write(res, resolve)).toBe(name.startsWith("end") ? res : false));
    const error = await told;
    expect.soft(error, name).toEqual(HIJACKED);
    expect.soft(error, name).toBeInstanceOf(SocketInfoError);
  }
}

/** Collects errors that would end the process, and sockinfo's warnings. */
function followProcess(): { readonly uncaught: unknown[]; readonly warnings: unknown[] } {
  const [uncaught, warnings]: [unknown[], unknown[]] = [[], []];
  const onUncaught = (error: unknown): unknown => uncaught.push(error);
  const onWarning = ({ code }: { code?: string } & Error): unknown => code?.includes("SOCKINFO") && warnings.push(code);
  process.on("uncaughtException", onUncaught).on("unhandledRejection", onUncaught).on("warning", onWarning);
  onTestFinished(() => {
    process.off("uncaughtException", onUncaught).off("unhandledRejection", onUncaught).off("warning", onWarning);
  });
  return { uncaught, warnings };
}

describe.each(HTTP1)("%s", (kind) => {
  test.each(WHEN)(
    "%s: all writing fails after the promise, and early also right after the call",
    async (when: When) => {
      let onDone: (exchange: [ServerResponse, Awaited<ReturnType<typeof hijack>>]) => void;
      const done = new Promise<[ServerResponse, Awaited<ReturnType<typeof hijack>>]>((resolve) => (onDone = resolve));
      async function take(req: IncomingMessage, res: ServerResponse): Promise<void> {
        if (when === "late") await pauses.immediate();
        const taking = hijack(req, res);
        if (when === "early") {
          const writing = writeAll(res);
          expect.soft(res).toMatchObject({ writableEnded: true, headersSent: false });
          await writing;
        }
        onDone([res, await taking]);
      }
      const server = await serve(kind, (req, res) => void take(req, res));
      const client = await connectHttp1(server, kind);
      client.send("/");
      const [res, { socket }] = await done;
      await writeAll(res);
      expect(res).toMatchObject({ writableEnded: true, destroyed: true, socket: null });
      res.destroy();
      await pauses.immediate();
      socket.write("mine");
      await client.receive("mine");
      await converse(socket, client);
      expect(client.received).toBe("<ping>");
    },
  );

  test("nothing but what the owner writes is sent", async () => {
    const { client, res, socket } = await takeFirst(kind);
    await writeAll(res);
    socket.end("mine");
    await once(client.stream, "end");
    expect(client.received).toBe("mine");
  });

  test("piped data is not sent, and the source is unpiped", async () => {
    const { client, res, socket } = await takeFirst(kind);
    const seen = followProcess();
    const source = new PassThrough();
    const unpiped = once(res, "unpipe");
    source.pipe(res);
    source.write("never");
    expect((await unpiped)[0]).toBe(source);
    await pauses.immediate();
    expect(seen).toEqual({ uncaught: [], warnings: ["ERR_SOCKINFO_HIJACKED"] });
    socket.end("mine");
    await once(client.stream, "end");
    expect(client.received).toBe("mine");
  });

  // After a late call, the handler can use the response until the connection is taken.
  test("early: pipeline() into it ends with an error", async () => {
    const seen = followProcess();
    let onDone: Callback;
    const done = new Promise((resolve) => (onDone = resolve));
    const server = await serve(kind, async (req, res) => {
      const taking = hijack(req, res);
      pipeline(Readable.from(["never", "never"]), res, onDone);
      (await taking).socket.end("mine");
    });
    const client = await connectHttp1(server, kind);
    client.send("/");
    await once(client.stream, "end");
    // If nothing was read from the source before, the response's end causes the other error.
    expect(["ERR_SOCKINFO_HIJACKED", "ERR_STREAM_PREMATURE_CLOSE"]).toContain(((await done) as { code: string }).code);
    expect(client.received).toBe("mine");
    expect(seen.uncaught).toEqual([]);
  });

  test.each(WHEN)("%s: code that waits for the end of response or request sees it", async (when) => {
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
    // Code that begins to wait afterwards also sees it.
    await Promise.allSettled([finished(res), finished(req)]);
    expect(req.socket.destroyed).toBe(false);
  });

  test("interim responses from before are sent: 100 and 103", async () => {
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

describe("the error of a write", () => {
  test("without a listener: a warning, once for each response", async () => {
    const { res } = await takeFirst("http");
    const seen = followProcess();
    for (const write of Object.values(OF_STREAMS)) write(res);
    await pauses.immediate();
    expect(seen).toEqual({ uncaught: [], warnings: ["ERR_SOCKINFO_HIJACKED"] });
    const { res: another } = await takeFirst("http");
    another.end();
    await pauses.immediate();
    expect(seen).toEqual({ uncaught: [], warnings: ["ERR_SOCKINFO_HIJACKED", "ERR_SOCKINFO_HIJACKED"] });
  });

  test.each(Object.keys(OF_STREAMS))("%s: listeners for 'error' get it, and there is no warning", async (name) => {
    const { res } = await takeFirst("http");
    const seen = followProcess();
    const heard = once(
      res.on("error", () => {}),
      "error",
    ).catch((error: unknown) => [error]);
    OF_STREAMS[name]?.(res);
    expect(await heard).toEqual([HIJACKED]);
    await pauses.immediate();
    expect(seen).toEqual({ uncaught: [], warnings: [] });
  });

  test("an error that a listener throws is an uncaught exception, as on any emitter", async () => {
    const { res } = await takeFirst("http");
    const seen = followProcess();
    res.on("error", () => {
      throw new Error("of the listener");
    });
    res.end();
    await pauses.immediate();
    expect(seen).toEqual({ uncaught: [new Error("of the listener")], warnings: [] });
  });

  test("the stack begins with the caller", async () => {
    const { res } = await takeFirst("http");
    const error = await new Promise<unknown>(function writer(resolve) {
      res.write("never", resolve);
    });
    expect((error as Error).stack).toMatch(/\n {4}at writer /);
  });

  test("pipeline() into the response of a closed connection, with and without hijacking", async () => {
    const { req, res } = await takeFirst("http");
    const done = new Promise((resolve) => pipeline(Readable.from(["never"]), res, resolve)).catch(
      (error: unknown) => error,
    );
    const code = nodeMajor < 24 ? "ERR_SOCKINFO_HIJACKED" : "ERR_STREAM_UNABLE_TO_PIPE";
    expect(await done).toMatchObject({ code });
    expect(req.socket.destroyed).toBe(false);
  });

  test("after a refusal, methods that middleware has replaced stay replaced", async () => {
    const server = await serve("http", async (req, res) => {
      if (req.url === "/next") return res.end("next");
      const { end } = res;
      res.end = (text?: unknown) => end.call(res, `middleware: ${String(text)}`, "utf8");
      await pauses.immediate();
      return hijack(req, res).catch(({ code }: { code: string }) => res.end(code));
    });
    const client = await connectHttp1(server, "http");
    client.stream.write(request("/") + request("/next"));
    await client.receive("middleware: ERR_SOCKINFO_BYTES_PARSED");
  });

  test("late, a response that begins before the connection is taken is sent, and hijack() is refused", async () => {
    const seen = followProcess();
    const server = await serve("http", async (req, res) => {
      await pauses.immediate();
      const taking = hijack(req, res);
      res.write("begun, ");
      return taking.catch(({ code }: { code: string }) => res.end(code));
    });
    const client = await connectHttp1(server, "http");
    client.send("/");
    await client.receive("ERR_SOCKINFO_RESPONSE_BEGUN");
    expect(client.received).toContain("begun, ");
    expect(seen.uncaught).toEqual([]);
  });
});
