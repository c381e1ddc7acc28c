// Messages of argument errors are in Node's form: what was wrong, what came, and what to pass.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { hijack, hijackClientRequest, release } from "sockinfo/hijack";
import { expect, test } from "vitest";
import { connectHttp1 } from "../helpers/http-clients";
import { nextRequest } from "../helpers/http-servers";
import { takeFirst } from "./helpers/hijacked";
import { serve } from "./helpers/servers";

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    expect((error as { code: string }).code).toBe("ERR_SOCKINFO_INVALID_ARGUMENT");
    return (error as Error).message;
  }
  throw new Error("not refused");
}

test("hijack()", async () => {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const another = new IncomingMessage(new Socket());
  const call = hijack as (...parameters: unknown[]) => Promise<unknown>;
  expect(await messageOf(() => call(new Socket(), response))).toBe(
    'The "request" argument must be an instance of IncomingMessage of node:http. Received an instance of Socket. ' +
      "Pass request.raw in Fastify, ctx.req in Koa, request.raw.req in hapi",
  );
  expect(await messageOf(() => call(another, response))).toBe(
    'The "response" argument must be the response to the request. Received the response to another one',
  );
});

test("hijack() with a live request", async () => {
  const server = await serve("http");
  const client = await connectHttp1(server, "http");
  client.send("/");
  const [request] = await nextRequest(server);
  expect(await messageOf(() => hijack(request, "text" as never))).toBe(
    "The \"response\" argument must be an instance of ServerResponse of node:http. Received type string ('text'). " +
      "Pass reply.raw in Fastify, ctx.res in Koa, request.raw.res in hapi",
  );
});

test("hijackClientRequest()", async () => {
  expect(await messageOf(() => hijackClientRequest("http://localhost/" as never))).toBe(
    "The \"request\" argument must be an instance of ClientRequest of node:http. Received type string ('http://localhost/')",
  );
});

test("release()", async () => {
  const { socket } = await takeFirst("http");
  expect(await messageOf(() => release(socket, null as never))).toBe(
    'The "leftover" argument must be an instance of Uint8Array. Received null. Pass head, or an empty Buffer',
  );
});
