// release() is refused after requests where the server could take a stranger's bytes for a request, and where Node
// would have closed the connection.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { hijack, release, type ReleaseOptions } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { until } from "../helpers/servers";
import { type When, pauses } from "./helpers/pauses";
import { readAll } from "./helpers/requests";
import { type Kind, Received, connectTo, serve } from "./helpers/servers";

const KINDS: readonly Kind[] = ["duplex", "http", "https"];
const NEXT = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

interface Attempt {
  readonly sent: string;
  /** If late, the handler reads the body first. */
  readonly mode?: When;
  readonly options?: ReleaseOptions;
  readonly prepare?: (server: Server) => void;
  /** The number of bytes of `head` that the owner reads as the body. */
  readonly bodyBytes?: number;
}

/** Returns the refusal, or the urls that the server has seen after release(). */
async function attempt(kind: Kind, { sent, mode = "early", options, prepare, bodyBytes = 0 }: Attempt) {
  const urls: (string | undefined)[] = [];
  let outcome: string | undefined;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    if (mode === "late") {
      await readAll(request);
      await pauses.immediate();
    }
    const { socket, head } = await hijack(request, response);
    socket.on("error", () => {}).write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhand");
    outcome = releaseOutcome(socket, head.subarray(bodyBytes), options);
  };
  const server = await serve(kind, (request, response) => {
    urls.push(request.url);
    if (request.url === "/next") response.end("next");
    else void handle(request, response);
  });
  prepare?.(server);
  const client = await connectTo(server, kind);
  const received = new Received(client);
  client.write(sent);
  await until(() => (outcome !== undefined && received.text.includes("hand")) || received.isOver);
  // Newer versions of Node answer 431 to more headers than they keep, and call no handler.
  if (received.text.startsWith("HTTP/1.1 431")) return "431";
  if (outcome !== "released") {
    // The server must not read what the client sends then.
    client.write(NEXT);
    await pauses.twoImmediates();
    expect(urls).toHaveLength(1);
    return outcome;
  }
  client.write(NEXT);
  await until(() => received.text.endsWith("\r\n\r\nnext"));
  return urls.slice(1).join(" ");
}

function releaseOutcome(socket: Socket, leftover: Uint8Array, options?: ReleaseOptions): string {
  try {
    release(socket, leftover, options);
    return "released";
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${message}`;
  }
}

const request = (method: string, headers: string, version = "1.1") =>
  `${method} /take HTTP/${version}\r\nHost: a\r\n${headers}\r\n`;

/** A body that is a whole request. It must never be served. */
const SMUGGLED = "DELETE /admin HTTP/1.1\r\nHost: a\r\n\r\n";
const LENGTH = request("POST", `Content-Length: ${SMUGGLED.length}\r\n`);
const CHUNKED = request("POST", "Transfer-Encoding: chunked\r\n");
const UPGRADE = "Connection: Upgrade\r\nUpgrade: x\r\n";

const withHeaders = (count: number) => request("GET", "X: y\r\n".repeat(count - 1));
const maxHeaders = (count: number) => (server: Server) => void (server.maxHeadersCount = count);

function raiseMaxHeaders(server: Server): void {
  server.maxHeadersCount = 10;
  server.on("request", () => (server.maxHeadersCount = 2000));
}

function parseLeniently(server: Server): void {
  (server as { insecureHTTPParser?: boolean }).insecureHTTPParser = true;
}

const BODY = /^ERR_SOCKINFO_NOT_RELEASABLE .*the request has a body/;
const HIDDEN = /^ERR_SOCKINFO_NOT_RELEASABLE .*has a space after its name$/;
const CUT = /^ERR_SOCKINFO_NOT_RELEASABLE .*server\.maxHeadersCount$/;
const LAST = /^ERR_SOCKINFO_NOT_RELEASABLE .*the request was the last one of its connection$/;

const REFUSED: Record<string, readonly [attempt: Attempt, refusal: RegExp]> = {
  "a body beside the headers": [{ sent: LENGTH + SMUGGLED }, BODY],
  "a body that comes later": [{ sent: LENGTH }, BODY],
  "a body in chunks": [{ sent: CHUNKED }, BODY],
  "a body, and the option false": [{ sent: LENGTH, options: { ownerReadBody: false } }, BODY],
  "a body, and the option undefined": [{ sent: LENGTH, options: { ownerReadBody: undefined } }, BODY],
  "a request for an Upgrade": [{ sent: request("GET", UPGRADE) }, /the request asked for another protocol$/],
  "a request for an Upgrade with a body, whatever the option": [
    { sent: request("POST", `${UPGRADE}Content-Length: 2\r\n`), options: { ownerReadBody: true } },
    /the request asked for another protocol$/,
  ],
  "headers up to server.maxHeadersCount": [{ sent: request("GET", ""), prepare: maxHeaders(1) }, CUT],
  "a length that is cut off, whatever the option": [
    {
      sent: request("POST", `X: y\r\nContent-Length: ${SMUGGLED.length}\r\n`),
      prepare: maxHeaders(2),
      options: { ownerReadBody: true },
    },
    new RegExp(`${CUT.source}|^431$`),
  ],
  "1000 headers, as many as Node keeps": [{ sent: withHeaders(1000) }, CUT],
  "a limit on headers that was raised after the connection came": [
    { sent: withHeaders(12), prepare: (server) => raiseMaxHeaders(server) },
    new RegExp(`${CUT.source}|^431$`),
  ],
  "a length whose name ends with a space, with a lenient parser": [
    { sent: request("POST", `Content-Length : ${SMUGGLED.length}\r\n`) + SMUGGLED, prepare: parseLeniently },
    HIDDEN,
  ],
  "such a length, whatever the option": [
    {
      sent: request("POST", `Content-Length : ${SMUGGLED.length}\r\n`) + SMUGGLED,
      prepare: parseLeniently,
      options: { ownerReadBody: true },
    },
    HIDDEN,
  ],
  "a coding whose name ends with a space, whatever the option": [
    {
      sent: `${request("HEAD", "Transfer-Encoding : chunked\r\n")}3\r\nabc\r\n`,
      prepare: parseLeniently,
      options: { ownerReadBody: true },
    },
    HIDDEN,
  ],
  "Expect: 100-continue": [{ sent: request("GET", "Expect: 100-continue\r\n") }, /a 100 \(Continue\)$/],
  "Connection: close": [{ sent: request("GET", "Connection: close\r\n") }, LAST],
  "HTTP/1.0": [{ sent: request("GET", "", "1.0") }, LAST],
  "server.maxRequestsPerSocket": [
    { sent: request("GET", ""), prepare: (server) => void (server.maxRequestsPerSocket = 10) },
    /server\.maxRequestsPerSocket$/,
  ],
};

const RELEASED: Record<string, Attempt> = {
  "no body": { sent: request("GET", "") },
  "Content-Length: 0": { sent: request("POST", "Content-Length: 0\r\n") },
  "a body that the owner has read": {
    sent: LENGTH + SMUGGLED,
    options: { ownerReadBody: true },
    bodyBytes: SMUGGLED.length,
  },
  "late, a body that was read": { sent: LENGTH + SMUGGLED, mode: "late" },
  "late, chunks that were read": { sent: `${CHUNKED}2\r\nab\r\n0\r\n\r\n`, mode: "late" },
  "fewer headers than server.maxHeadersCount": { sent: request("GET", ""), prepare: maxHeaders(2) },
  "999 headers": { sent: withHeaders(999) },
  "server.maxHeadersCount 0, which is no limit": { sent: withHeaders(1000), prepare: maxHeaders(0) },
  "HTTP/1.0 with keep-alive": { sent: request("GET", "Connection: keep-alive\r\n", "1.0") },
};

describe.each(KINDS)("%s", (kind) => {
  test.each(Object.entries(REFUSED))("refused: %s", async (_, [refused, refusal]) => {
    expect(await attempt(kind, refused)).toMatch(refusal);
  });

  test.each(Object.entries(RELEASED))("released: %s", async (_, released) => {
    expect(await attempt(kind, released)).toBe("/next");
  });
});
