// hijackClientRequest() at every moment in the life of a request returns exactly the bytes after the headers, or is
// refused. Another request that begins right after it gets its own answer.
import { type ClientRequest, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { SocketInfoError } from "sockinfo";
import { type ClientHijacked, hijackClientRequest } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { Upstream } from "./helpers/moments";
import { host, type Host, type Kind, readAll, requestOver, ScriptedConnection } from "./helpers/scripted";

const INTERIM = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";

const HEADERS = {
  "a length": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
  chunks: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
  "a body until the end": "HTTP/1.1 200 OK\r\n\r\n",
  "HTTP/1.0": "HTTP/1.0 200 OK\r\n\r\n",
  "no body": "HTTP/1.1 204 No Content\r\n\r\n",
  "an upgrade": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
};

const RAW = "\r\n9\r\nHTTP/1.1 200 OK\r\n\r\n0\r\n\r\n\x00\xff";

type Act = () => void;

/** Moments that are early enough, whatever the server does. */
const EARLY: Record<string, (request: ClientRequest, act: Act) => void> = {
  "right after http.request()": (_request, act) => act(),
  "in process.nextTick": (_request, act) => process.nextTick(act),
  "in 'socket'": (request, act) => void request.once("socket", act),
  "in 'finish'": (request, act) => void request.once("finish", act),
  "in 'information'": (request, act) => void request.once("information", act),
  "in 'continue'": (request, act) => void request.once("continue", act),
};

/** Moments whose outcome depends on the server's speed. */
const UNSURE: typeof EARLY = {
  "in setImmediate": (_request, act) => void setImmediate().then(act),
  "in a timer": (_request, act) => void setTimeout(act, 1),
  "one promise after 'continue'": (request, act) =>
    void request.once("continue", () => void Promise.resolve().then(act)),
  "one immediate after 'socket'": (request, act) => void request.once("socket", () => void setImmediate().then(act)),
};

const LATE: typeof EARLY = {
  "in 'response'": (request, act) => {
    request.once("response", (response) => {
      response.on("error", () => {});
      act();
    });
  },
  "after 'end'": (request, act) =>
    void request.once(
      "response",
      (response) => void response.resume().once("end", () => void setImmediate().then(act)),
    ),
};

/** Sends the pieces one after the other, and ends. */
async function say(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece, "latin1");
    await setImmediate();
  }
  socket.end();
}

async function begin(kind: Kind | "duplex", pieces: readonly string[]): Promise<ClientRequest> {
  if (kind === "duplex") return requestOver(new ScriptedConnection(pieces));
  const { options }: Host = await host((socket) => void say(socket, pieces), kind);
  return kind === "https" ? requestHttps({ ...options, agent: false }) : requestHttp({ ...options, agent: false });
}

/** Calls `hijackClientRequest()` at that moment, and sends the request that follows. */
async function hijackAt(
  request: ClientRequest,
  when: (request: ClientRequest, act: Act) => void,
  upstream: Upstream,
): Promise<ClientHijacked | SocketInfoError> {
  request.on("error", () => {});
  const outcome = new Promise<ClientHijacked | SocketInfoError>((resolve, reject) => {
    when(request, () => {
      hijackClientRequest(request).then(resolve, (error: unknown) => {
        if (error instanceof SocketInfoError) resolve(error);
        else reject(error);
      });
    });
  });
  request.end();
  const settled = await outcome;
  await upstream.check();
  return settled;
}

function cut(text: string): string[][] {
  const middle = text.indexOf("HTTP/1.1 100") + 5;
  const behindHeaders = text.length - RAW.length;
  return [[text], [text.slice(0, middle), text.slice(middle)], [text.slice(0, behindHeaders), RAW], text.split("")];
}

const ALL = { ...EARLY, ...UNSURE, ...LATE };

describe.each(["duplex", "http", "https", "unix"] as const)("%s", (kind) => {
  test.each(Object.entries(ALL))("%s", async (name, when) => {
    const upstream = await Upstream.start();
    for (const [headersName, headers] of Object.entries(HEADERS)) {
      // Node never emits 'response' for an upgrade, and 'end' only after a body that is one.
      if (name in LATE && headersName === "an upgrade") continue;
      if (name === "after 'end'" && ["a length", "chunks", "no body"].includes(headersName)) continue;
      for (const pieces of cut(INTERIM + headers + RAW)) {
        const outcome = await hijackAt(await begin(kind, pieces), when, upstream);
        if (outcome instanceof SocketInfoError) {
          expect([headersName, name in EARLY]).toEqual([headersName, false]);
          expect(outcome.code).toMatch(/^ERR_SOCKINFO_(BYTES_PARSED|SOCKET_CLOSED|HIJACKED)$/);
        } else {
          expect([headersName, name in LATE]).toEqual([headersName, false]);
          const { response, socket, head } = outcome;
          expect(response.statusCode).toBe(Number(headers.split(" ")[1]));
          expect([headersName, head.toString("latin1") + (await readAll(socket))]).toEqual([headersName, RAW]);
          socket.destroy();
        }
      }
    }
  });
});
