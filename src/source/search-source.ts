// Searches the request of a source, and the objects that lead to its socket, by the table in source-kinds.ts. Nothing
// that a source does can make these functions throw.
import { SOURCE_KINDS } from "./source-kinds";

/** Calls `follow` with the source. Returns `undefined` if it throws: a getter of the source may. */
export function tryStep<T>(follow: (source: never) => T, source: unknown): T | undefined {
  try {
    return follow(source as never);
  } catch {
    return undefined;
  }
}

/** The first result that `find` returns for the source itself, its `socket`, or a socket that the table leads to. */
export function searchSource<T>(source: unknown, find: (value: unknown) => T | undefined): T | undefined {
  const direct = tryStep(find, source) ?? tryStep((from: { socket: unknown }) => find(from.socket), source);
  if (direct !== undefined) return direct;
  for (const { toSocket } of SOURCE_KINDS) {
    const found = tryStep((from: never) => find(toSocket(from)), source);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The first request for which `isWanted` returns true: the source itself, or one that the table leads to. It is an
 * object of node:http (IncomingMessage or ServerResponse) or a stream of HTTP/2. A socket leads to no request, because
 * a connection has many.
 */
export function searchRequest(source: unknown, isWanted: (request: object) => boolean): object | undefined {
  const direct = tryStep((from) => requestOrStream(from, isWanted), source);
  if (direct !== undefined) return direct;
  for (const { toRequest } of SOURCE_KINDS) {
    const found = toRequest && tryStep((from: never) => requestOrStream(toRequest(from), isWanted), source);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Requests and responses of HTTP/2's compatibility API have a stream. */
function requestOrStream(request: unknown, isWanted: (request: object) => boolean): object | undefined {
  if (request === undefined || request === null) return undefined;
  if (isWanted(request)) return request;
  const { stream } = request as { stream?: object };
  return stream !== undefined && isWanted(stream) ? stream : undefined;
}
