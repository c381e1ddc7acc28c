// Which requests can't have their connection, as far as can be told when they ask.
import { IncomingMessage, ServerResponse } from "node:http";
import { Failure, findSocket, hidingRuntime } from "../core";
import { connectionOf, type HttpConnection } from "./http-connection";
import type { HttpSocket } from "./node-server";

/** The connection that the handler of `request` may take. Nothing that it is given can make this throw. */
export function connectionFor(request: IncomingMessage, response: ServerResponse): HttpConnection | Failure {
  const runtime = hidingRuntime();
  if (runtime) return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `${runtime} has not the parser of Node's servers`);
  const stranger = strangerTo(request, response);
  if (stranger) return stranger;
  // An aborted request has let go of it.
  const socket = request.socket as HttpSocket | null;
  if (!socket || socket.destroyed || socket.writableEnded) return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED");
  if (response.headersSent || response.writableEnded) {
    return Failure.of("ERR_SOCKINFO_RESPONSE_BEGUN", "hijack before, and write the status line to the socket");
  }
  const connection = connectionOf(socket);
  if (!connection) {
    return Failure.of("ERR_SOCKINFO_NOT_ENABLED", "call enableHijack(server) before it listens");
  }
  return socket._httpMessage === response
    ? connection
    : Failure.of("ERR_SOCKINFO_RESPONSE_PENDING", "try again when its response has finished");
}

/** What is no request and response of node:http that belong together. */
function strangerTo(request: unknown, response: unknown): Failure | undefined {
  if (isOf(IncomingMessage, request) && isOf(ServerResponse, response)) {
    if (response.req === request) return undefined;
    return Failure.ofArgument("the response is of another request");
  }
  if (isOfHttp2(request)) return Failure.of("ERR_SOCKINFO_NOT_HIJACKABLE", "HTTP/2 has many requests on a connection");
  // Of those that have none, such as injected ones, as everywhere.
  const socket = findSocket(request);
  if (socket instanceof Failure) return socket;
  return Failure.ofArgument(
    "not the IncomingMessage and ServerResponse of node:http, which are request.raw and reply.raw of Fastify, ctx.req and ctx.res of Koa",
  );
}

function isOf<Kind>(kind: abstract new (...parameters: never[]) => Kind, thing: unknown): thing is Kind {
  try {
    return thing instanceof kind;
  } catch {
    return false;
  }
}

function isOfHttp2(request: unknown): boolean {
  try {
    return (request as { httpVersionMajor?: unknown }).httpVersionMajor === 2;
  } catch {
    return false;
  }
}
