// hijackClientRequest() before the response: `head` begins right after the headers, however the bytes arrive.
import { hijackClientRequest } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { cuts, readAll, requestOver, ScriptedConnection } from "./helpers/scripted";

/** Contains all that a parser could take for HTTP. */
const RAW = "\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\n\x00\xff";

const RESPONSES = {
  "until the end": { status: 200, text: "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n" },
  "a length": { status: 200, text: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" },
  "no length": { status: 200, text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
  chunks: { status: 200, text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" },
  "another coding": { status: 200, text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" },
  "HTTP/1.0": { status: 200, text: "HTTP/1.0 200 OK\r\n\r\n" },
  "101": { status: 101, text: "HTTP/1.1 101 Upgraded\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n" },
  "101 without Upgrade": { status: 101, text: "HTTP/1.1 101 Upgraded\r\n\r\n" },
  "200 with Upgrade": { status: 200, text: "HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n" },
  "204": { status: 204, text: "HTTP/1.1 204 No Content\r\n\r\n" },
  "304": { status: 304, text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" },
  "404": { status: 404, text: "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 9\r\n\r\n" },
} as const;

describe.each(["GET", "HEAD", "CONNECT"])("%s", (method) => {
  test.each(Object.entries(RESPONSES))("%s: cut anywhere", async (_, { status, text }) => {
    for (const pieces of cuts(text + RAW)) {
      const connection = new ScriptedConnection(pieces);
      const request = requestOver(connection, { method });
      request.end();
      const { response, socket, head } = await hijackClientRequest(request);
      expect(response.statusCode).toBe(status);
      expect(socket).toBe(connection);
      const isBehindHeaders = pieces[0].length >= text.length;
      expect(head.toString("latin1")).toBe(isBehindHeaders ? pieces[0].slice(text.length) : RAW);
      expect(await readAll(socket)).toBe(isBehindHeaders ? pieces[1] : "");
      expect(await readAll(response)).toBe("");
    }
  });
});

test.each(Object.entries(RESPONSES))("%s: byte by byte", async (_, { status, text }) => {
  const request = requestOver(new ScriptedConnection((text + RAW).split("")));
  request.end();
  const { response, socket, head } = await hijackClientRequest(request);
  expect(response.statusCode).toBe(status);
  expect(response.rawHeaders).toEqual(
    text
      .split("\r\n")
      .slice(1, -2)
      .flatMap((line) => line.split(": ")),
  );
  expect(head).toHaveLength(0);
  expect(await readAll(socket)).toBe(RAW);
});

test("interim responses remain events of the request", async () => {
  const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const text = interim + RESPONSES.chunks.text;
  for (const pieces of cuts(text + RAW)) {
    const request = requestOver(new ScriptedConnection(pieces), {
      method: "POST",
      headers: { expect: "100-continue" },
    });
    const events: unknown[] = [];
    request.on("continue", () => events.push("continue"));
    request.on("information", ({ statusCode }) => events.push(statusCode));
    request.flushHeaders();
    const { response, socket, head } = await hijackClientRequest(request);
    expect(events).toEqual(["continue", 100, 103]);
    expect(response.statusCode).toBe(200);
    expect(head.toString("latin1") + (await readAll(socket))).toBe(RAW);
  }
});

test("called in a listener for 'socket'", async () => {
  const request = requestOver(new ScriptedConnection([RESPONSES.chunks.text + RAW]));
  request.end();
  const { head } = await new Promise<Awaited<ReturnType<typeof hijackClientRequest>>>((resolve) => {
    request.once("socket", () => resolve(hijackClientRequest(request)));
  });
  expect(head.toString("latin1")).toBe(RAW);
});

test("called after a part of the headers has come", async () => {
  const { text } = RESPONSES.chunks;
  const connection = new ScriptedConnection((text + RAW).split(""));
  const request = requestOver(connection);
  request.end();
  let bytes = 0;
  const { socket, head } = await new Promise<Awaited<ReturnType<typeof hijackClientRequest>>>((resolve) => {
    connection.on("data", () => ++bytes === text.length - 1 && resolve(hijackClientRequest(request)));
  });
  expect(head.toString("latin1") + (await readAll(socket))).toBe(RAW);
});
