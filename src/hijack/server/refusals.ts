// The conditions under which hijack() refuses to take a connection.
import { IncomingMessage, ServerResponse } from "node:http";
import { Failure, findSocket, otherRuntime, wrongValue } from "../../core";
import { connectionOf, type HttpConnection } from "./http-connection";
import type { HttpSocket } from "./node-server";
import { mayHaveBody } from "./request-headers";

const REQUESTS = "Pass request.raw in Fastify, ctx.req in Koa, request.raw.req in hapi";
const RESPONSES = "Pass reply.raw in Fastify, ctx.res in Koa, request.raw.res in hapi";

/** The connection that the handler of `request` may take. Never throws, whatever the arguments are. */
export function connectionFor(request: IncomingMessage, response: ServerResponse): HttpConnection | Failure {
  const runtime = otherRuntime();
  if (runtime) return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", `${runtime} does not have Node's HTTP server`);
  const invalid = refuseArguments(request, response);
  if (invalid) return invalid;
  const { socket } = request as { socket: HttpSocket | null };
  const closed = refuseClosed(socket);
  if (closed) return closed;
  return refuseBegun(response) ?? findConnection(socket as HttpSocket, response);
}

function findConnection(socket: HttpSocket, response: ServerResponse): HttpConnection | Failure {
  const connection = connectionOf(socket);
  if (connection) return refusePending(socket, response) ?? connection;
  if (!socket.parser) return Failure.of("ERR_SOCKINFO_HIJACKED", "a listener of 'upgrade' or 'connect' has taken it");
  return Failure.of(
    "ERR_SOCKINFO_NOT_ENABLED",
    "call enableHijack() for the server before the connection comes, and do not close what it returns",
  );
}

/** Checks for changes since the call of hijack(), and for bytes that Node had parsed before it. */
export function refuseLate(
  connection: HttpConnection,
  request: IncomingMessage,
  response: ServerResponse,
): Failure | undefined {
  const { socket } = connection;
  const refusal = refuseClosed(socket) ?? refuseBegun(response) ?? refusePending(socket, response);
  if (refusal) return refusal;
  if (connection.askedForUpgrade(request)) {
    return tooLate("the request asks for an Upgrade, and Node drops bytes that come with it");
  }
  if (!request.complete || (mayHaveBody(request, connection.maxHeaderPairs) && !request.readableEnded)) {
    return tooLate("the request's body was not read to its end");
  }
  return connection.isLast(request) ? undefined : tooLate("Node has parsed what the client sent after the request");
}

function tooLate(reason: string): Failure {
  return Failure.of("ERR_SOCKINFO_BYTES_PARSED", `${reason}. Call hijack() before anything asynchronous`);
}

function refuseClosed(socket: HttpSocket | null): Failure | undefined {
  // The socket of an aborted request is null.
  if (socket && !socket.destroyed && !socket.writableEnded) return undefined;
  return Failure.of("ERR_SOCKINFO_SOCKET_CLOSED", undefined, { cause: socket?.errored ?? undefined });
}

function refuseBegun(response: ServerResponse): Failure | undefined {
  return response.headersSent || response.writableEnded
    ? Failure.of("ERR_SOCKINFO_RESPONSE_BEGUN", "call hijack() before that, and write the status line to the socket")
    : undefined;
}

function refusePending(socket: HttpSocket, response: ServerResponse): Failure | undefined {
  return socket._httpMessage === response
    ? undefined
    : Failure.of(
        "ERR_SOCKINFO_RESPONSE_PENDING",
        "call hijack() again with the same arguments when the earlier response has finished",
      );
}

/** Refuses anything but a request and a response of node:http that belong together. */
function refuseArguments(request: unknown, response: unknown): Failure | undefined {
  if (isOf(IncomingMessage, request) && isOf(ServerResponse, response)) {
    if (response.req === request) return undefined;
    return Failure.ofMistake(
      'The "response" argument must be the response to the request. Received the response to another one',
    );
  }
  if (isOfHttp2(request))
    return Failure.of("ERR_SOCKINFO_NOT_HIJACKABLE", "HTTP/2 has many requests on one connection");
  // Mocked requests have no socket. Every function refuses them with the same error.
  const socket = findSocket(request);
  if (socket instanceof Failure) return socket;
  return isOf(IncomingMessage, request)
    ? wrongValue("response", "be an instance of ServerResponse of node:http", response, RESPONSES)
    : wrongValue("request", "be an instance of IncomingMessage of node:http", request, REQUESTS);
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
