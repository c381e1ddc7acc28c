// release() at every moment after hijack(): the next requests are answered in their order. The server serves only
// what the client has sent as a request.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { enableHijack, hijack, release } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { makeServer, open } from "../helpers/http-servers";
import { KINDS, type Kind, Received, connectTo } from "./helpers/servers";
import { until } from "../helpers/servers";

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const INNER = get("/inner");
const POST_TAKE = `POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`;

/** Waits between the owner's answer and release(). Returns what was read meanwhile. */
type Wait = (socket: Socket) => Promise<Buffer> | undefined;

const nothingRead = async (moment: Promise<unknown>): Promise<Buffer> => {
  await moment;
  return Buffer.alloc(0);
};

const WAITS: Record<string, Wait> = {
  "as soon as it is hijacked": () => undefined,
  "after an await": () => nothingRead(Promise.resolve()),
  "in process.nextTick": () => nothingRead(new Promise<void>((resolve) => process.nextTick(resolve))),
  "in setImmediate": () => nothingRead(setImmediate()),
  "in a timer": () => nothingRead(setTimeout(1)),
  "in its listener for 'data', which it has removed": (socket) =>
    new Promise((resolve) => void socket.once("data", resolve)),
};

interface Scene {
  readonly server: Server;
  readonly paths: string[];
  readonly failures: unknown[];
}

/** Hijacks requests for /take, `early` or after they were read. */
async function start(kind: Kind, wait: Wait, early: boolean): Promise<Scene> {
  const [paths, failures]: [string[], unknown[]] = [[], []];
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!early) for await (const _piece of request);
    const { socket, head } = await hijack(request, response);
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken");
    const waiting = wait(socket);
    release(socket, waiting ? Buffer.concat([head, await waiting]) : head);
  };
  const server = makeServer(kind === "duplex" ? "http" : kind, (request, response) => {
    paths.push(request.url ?? "");
    if (request.url !== "/take") {
      response.end(`plain ${request.url};`);
      return;
    }
    take(request, response).catch((error: unknown) => {
      failures.push((error as { code?: string }).code ?? error);
      response.socket?.destroy();
      request.destroy();
    });
  }) as Server;
  enableHijack(server);
  if (kind !== "duplex") await open(server, kind);
  return { server, paths, failures };
}

/** The bodies of the answers. */
const bodiesOf = ({ text }: Received): string[] => text.match(/taken|plain [^;]*/g) ?? [];

describe.each(KINDS)("%s", (kind) => {
  describe.each(Object.entries(WAITS))("%s", (name, wait) => {
    // An owner that waits for data gets some only if the client sends it later.
    const needsData = name.includes("'data'");

    test("early, the next requests, cut at several positions", async () => {
      const { server, paths, failures } = await start(kind, wait, true);
      const sent = get("/take") + (needsData ? "" : `\r\n${get("/take")}`) + get("/1") + get("/2");
      for (const cut of [0, get("/take").length, get("/take").length + 9, sent.length - 20]) {
        paths.length = 0;
        const client = await connectTo(server, kind);
        const received = new Received(client);
        client.write(sent.slice(0, cut));
        await setImmediate();
        client.write(sent.slice(cut));
        await until(() => received.text.includes("taken"));
        client.write(get("/3"));
        await until(() => received.isOver || bodiesOf(received).at(-1) === "plain /3");
        const expected = ["/take", ...(needsData ? [] : ["/take"]), "/1", "/2", "/3"];
        expect(failures).toEqual([]);
        expect(paths).toEqual(expected);
        expect(bodiesOf(received)).toEqual(expected.map((path) => (path === "/take" ? "taken" : `plain ${path}`)));
      }
    });

    test("late, after a body that looks like a request", async () => {
      const { server, paths, failures } = await start(kind, wait, false);
      for (const pieces of [[POST_TAKE], [POST_TAKE.slice(0, -40), POST_TAKE.slice(-40)], POST_TAKE.split("")]) {
        paths.length = 0;
        const client = await connectTo(server, kind);
        const received = new Received(client);
        for (const piece of pieces) {
          client.write(piece);
          await setImmediate();
        }
        await until(() => received.text.includes("taken"));
        client.write(get("/1") + get("/2"));
        await until(() => received.isOver || bodiesOf(received).at(-1) === "plain /2");
        expect(failures).toEqual([]);
        expect(paths).toEqual(["/take", "/1", "/2"]);
        expect(bodiesOf(received)).toEqual(["taken", "plain /1", "plain /2"]);
      }
    });

    test("early, before a body that looks like a request: refused", async () => {
      const { server, paths, failures } = await start(kind, wait, true);
      for (const pieces of [[POST_TAKE], [POST_TAKE.slice(0, -INNER.length), INNER]]) {
        paths.length = failures.length = 0;
        const client = await connectTo(server, kind);
        const received = new Received(client);
        for (const piece of pieces) {
          client.write(piece);
          await setImmediate();
        }
        await until(() => received.text.includes("taken"));
        client.write(get("/1"));
        await until(() => failures.length > 0);
        expect(failures).toEqual(["ERR_SOCKINFO_NOT_RELEASABLE"]);
        expect(paths).toEqual(["/take"]);
        client.destroy();
      }
    });
  });
});
