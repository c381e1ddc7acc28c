// Request and response of a hijacked connection: their readers and writers get errors, and can't affect the
// connection.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { hijack } from "sockinfo/hijack";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../helpers/servers";
import { WHEN, type When, pauses } from "./helpers/pauses";
import { GET_TAKE, readAll, withLength } from "./helpers/requests";
import { KINDS, Received, connectTo, serve } from "./helpers/servers";

const { start: WITH_LENGTH, raw: BODY } = withLength("0123456789");

interface Scene {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly client: Duplex;
  readonly received: Received;
}

/** Hijacks a connection, and sends back what comes on it. */
async function taken(
  mode: When,
  sent: string,
  prepare: (request: IncomingMessage, response: ServerResponse) => unknown = () => {},
  kind: (typeof KINDS)[number] = "duplex",
): Promise<Scene> {
  let found: [IncomingMessage, ServerResponse] | undefined;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const prepared = prepare(request, response);
    if (mode === "late") await prepared;
    if (mode === "late") await pauses.twoImmediates();
    const { socket } = await hijack(request, response);
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => socket.write(data));
    found = [request, response];
  };
  const server = await serve(kind, (...parameters) => void handle(...parameters));
  const client = await connectTo(server, kind);
  const received = new Received(client);
  client.write(sent);
  await until(() => found !== undefined);
  const [request, response] = found as unknown as [IncomingMessage, ServerResponse];
  return { request, response, client, received };
}

async function expectEcho({ client, received }: Scene): Promise<void> {
  await pauses.twoImmediates();
  client.write("still there?");
  await until(() => received.text.endsWith("still there?"));
}

const TOUCHES: Record<string, (scene: Scene) => unknown> = {
  "request.destroy()": ({ request }) => request.destroy(),
  "request.destroy(error)": ({ request }) => request.on("error", () => {}).destroy(new Error("of the handler")),
  "request.resume()": ({ request }) => request.on("error", () => {}).resume(),
  "request.pause()": ({ request }) => request.pause(),
  "request.read()": ({ request }) => request.read(),
  "request.on('data')": ({ request }) => request.on("data", () => {}),
  "request[Symbol.asyncIterator]": async ({ request }) => text(request).catch(() => {}),
  "response.destroy()": ({ response }) => response.destroy(),
  "response.setTimeout(1)": ({ response }) => response.setTimeout(1),
  "response.write()": ({ response }) => expect(response.write("a", () => {})).toBe(false),
  "response.end()": ({ response }) => expect(response.end("a", () => {})).toBe(response),
  "response.writeHead()": ({ response }) => expect(() => response.writeHead(200)).toThrow(refused),
};

const refused = expect.objectContaining({ code: "ERR_SOCKINFO_HIJACKED" }) as Error;

describe.each(WHEN)("%s", (mode) => {
  test.each(Object.keys(TOUCHES))("%s leaves the connection alone", async (name) => {
    for (const [sent, kind] of [
      [GET_TAKE, "duplex"],
      [WITH_LENGTH + (mode === "early" ? BODY.slice(0, 5) : BODY), "duplex"],
      [WITH_LENGTH + BODY, "http"],
    ] as const) {
      const prepare = (request: IncomingMessage) => {
        request.on("error", () => {});
        // Otherwise a late call is refused.
        return mode === "late" ? readAll(request) : undefined;
      };
      const scene = await taken(mode, sent, prepare, kind);
      await TOUCHES[name]?.(scene);
      await expectEcho(scene);
      expect(scene.received.isOver).toBe(false);
    }
  });

  test("without a body, the request's reader gets the end", async () => {
    const { request } = await taken(mode, GET_TAKE);
    await expect(text(request)).resolves.toBe("");
    expect(request.complete).toBe(true);
  });

  test("the response looks ended, and closes", async () => {
    const closed: unknown[] = [];
    const { response } = await taken(mode, GET_TAKE, (_, it) => it.on("close", () => closed.push(it.writableEnded)));
    await until(() => closed.length > 0);
    expect(closed).toEqual([true]);
    expect(response).toMatchObject({ writableEnded: true, destroyed: true, headersSent: false, socket: null });
  });
});

describe("early, the body was not read", () => {
  test("a later reader gets an error, not a shorter body", async () => {
    const { request } = await taken("early", WITH_LENGTH + BODY.slice(0, 4));
    await expect(text(request)).rejects.toThrow();
  });

  test("a present reader gets an error, and no end", async () => {
    const seen: unknown[] = [];
    let data = "";
    await taken("early", WITH_LENGTH + BODY.slice(0, 4), (request) => {
      request.on("data", (piece: Buffer) => (data += piece.toString()));
      request.on("end", () => seen.push("end"));
      request.on("error", (error: NodeJS.ErrnoException) => seen.push(error.code));
    });
    await until(() => seen.length > 0);
    await pauses.twoImmediates();
    expect(seen).toEqual(["ERR_SOCKINFO_HIJACKED"]);
    expect(BODY.startsWith(data)).toBe(true);
  });

  test("without a reader, the error does not end the process", async () => {
    const uncaught: unknown[] = [];
    const note = (error: unknown) => uncaught.push(error);
    process.on("uncaughtException", note);
    onTestFinished(() => void process.off("uncaughtException", note));
    const scene = await taken("early", WITH_LENGTH + BODY.slice(0, 4));
    await expectEcho(scene);
    expect(uncaught).toEqual([]);
  });
});

test("late, a body that was read: its reader gets all of it, and no error", async () => {
  const bodies: string[] = [];
  const scene = await taken("late", WITH_LENGTH + BODY, async (request) => void bodies.push(await text(request)));
  expect(bodies).toEqual([BODY]);
  await expectEcho(scene);
  expect(scene.request).toMatchObject({ complete: true, errored: null });
});
