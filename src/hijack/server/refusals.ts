// Which requests can't have their connection.
import { IncomingMessage, ServerResponse } from "node:http";
import { Failure, findSocket, hidingRuntime } from "../../core";
import { connectionOf, type HttpConnection } from "./http-connection";
import type { HttpSocket } from "./node-server";
import { mayHaveBody } from "./request-headers";

/** The connection that the handler of `request` may take. Never throws, whatever it is given. */
export function connectionFor(request: IncomingMessage, response: ServerResponse): HttpConnection | Failure {
  const runtime = hidingRuntime();
  if (runtime) return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `${runtime}'s servers do not have Node's parser`);
  const stranger = refuseStrangers(request, response);
  if (stranger) return stranger;
  const { socket } = request as { socket: HttpSocket | null };
  const closed = refuseClosed(socket);
  if (closed) return closed;
  if (response.headersSent || response.writableEnded) {
    return Failure.of("ERR_SOCKINFO_RESPONSE_BEGUN", "call hijack() before, and write the status line to the socket");
  }
  const connection = connectionOf(socket as HttpSocket);
  if (!connection) {
    return Failure.of("ERR_SOCKINFO_NOT_ENABLED", "enableHijack(server) must come before the connection, and Node's own 'connection' listener before sockinfo's");
  }
  return refusePending(connection, response) ?? connection;
}

/** What may have changed since the call of hijack(), and what was parsed before it. */
export function refuseLate(
  connection: HttpConnection,
  request: IncomingMessage,
  response: ServerResponse,
): Failure | undefined {
  const refusal = refuseClosed(connection.socket) ?? refusePending(connection, response);
  if (refusal) return refusal;
  if (connection.askedForUpgrade(request)) {
    return tooLate("the request asks for an Upgrade, and Node drops bytes that come with it");
  }
  if (!request.complete || (mayHaveBody(request, connection.server) && !request.readableEnded)) {
    return tooLate("the request's body was not read to its end");
  }
  return connection.isLast(request) ? undefined : tooLate("Node has parsed what the client sent after the request");
}

function tooLate(reason: string): Failure {
  return Failure.of("ERR_SOCKINFO_BYTES_PARSED", `${reason}; call hijack() before anything asynchronous`);
}

function refuseClosed(socket: HttpSocket | null): Failure | undefined {
  // An aborted request has no socket any more.
  if (socket && !socket.destroyed && !socket.writableEnded) return undefined;
  return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", undefined, { cause: socket?.errored ?? undefined });
}

function refusePending({ socket }: HttpConnection, response: ServerResponse): Failure | undefined {
  return socket._httpMessage === response
    ? undefined
    : Failure.of("ERR_SOCKINFO_RESPONSE_PENDING", "try again when its response has finished");
}

/** Anything but a request and a response of node:http that belong together. */
function refuseStrangers(request: unknown, response: unknown): Failure | undefined {
  if (isOf(IncomingMessage, request) && isOf(ServerResponse, response)) {
    if (response.req === request) return undefined;
    return Failure.ofArgument("the response is of another request");
  }
  if (isOfHttp2(request)) return Failure.of("ERR_SOCKINFO_NOT_HIJACKABLE", "HTTP/2 has many requests on a connection");
  // Mocked requests have no socket. They get the same error here as from every other function.
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
