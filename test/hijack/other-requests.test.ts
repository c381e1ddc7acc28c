// A handler hijacks and sends a request to another server right after. Node may reuse the parser of the hijacked
// connection, and it must work.
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { hijack } from "sockinfo/hijack";
import { describe, expect, test } from "vitest";
import { portOf } from "../helpers/servers";
import { WHEN } from "./helpers/pauses";
import { readAll } from "./helpers/requests";
import { Received, connectTo, serve } from "./helpers/servers";

const BODY = "Content-Length: 5\r\n\r\nhello";

async function ask(port: number): Promise<string> {
  const [answer] = (await once(http.get({ port, host: "127.0.0.1", agent: false }), "response")) as [IncomingMessage];
  return text(answer);
}

describe.each(["http", "https", "duplex"] as const)("%s", (kind) => {
  test.each(WHEN)("%s", async (when) => {
    const upstream = await serve("http", (_, response) => setImmediate(() => response.end("from upstream")));
    const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      if (when === "late") await readAll(request);
      const { socket, head } = await hijack(request, response);
      const [one, other] = await Promise.all([ask(portOf(upstream)), ask(portOf(upstream))]);
      socket.end(`${head.toString()}|${one}|${other}`);
    };
    const server = await serve(kind, (...parameters) => void handle(...parameters));
    const client = await connectTo(server, kind);
    const received = new Received(client);
    client.write(`POST / HTTP/1.1\r\nHost: a\r\n${BODY}`);
    await received.over;
    expect(received.text).toBe(`${when === "early" ? "hello" : ""}|from upstream|from upstream`);
  });
});
