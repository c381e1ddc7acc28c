// source → the request itself: what node:http announces (an IncomingMessage), or the stream of HTTP/2. Beside paths.ts, which
// leads to the socket, because a connection has many requests.

/** In this order; `source` itself comes before. Why some are before others: paths.ts. */
// oxlint-disable-next-line typescript/no-explicit-any -- each knows objects that sockinfo has no types of
const WAYS: readonly ((source: any) => unknown)[] = [
  // Hono's c, on @hono/node-server.
  (s) => s.env?.incoming,
  // ServerResponse; Koa; contexts with req (Yoga, tRPC).
  (s) => s.req,
  // Fastify's request.
  (s) => s.raw,
  // Fastify's reply, hapi's request.
  (s) => s.raw?.req,
  // h3's event; with srvx, and Elysia on it.
  (s) => s.node?.req,
  (s) => s.runtime?.node?.req,
  (s) => s.req?.runtime?.node?.req,
  (s) => s.request?.runtime?.node?.req,
  // SvelteKit's event, on adapter-node.
  (s) => s.platform?.req,
];

/** The first of the requests that `source` leads to that `isWanted`. Nothing that it does can make this throw. */
export function searchRequest(source: unknown, isWanted: (request: object) => boolean): object | undefined {
  return check(() => source, isWanted) ?? firstOf(WAYS, (way) => check(() => way(source), isWanted));
}

/** A guarded step: a getter that throws leads nowhere. Requests and responses of HTTP/2's compatibility API have a stream. */
function check(step: () => unknown, isWanted: (request: object) => boolean): object | undefined {
  try {
    const found = step() as { stream?: object };
    if (isWanted(found)) return found;
    const { stream } = found;
    return stream !== undefined && isWanted(stream) ? stream : undefined;
  } catch {
    return undefined;
  }
}

function firstOf<From, To>(list: readonly From[], map: (value: From) => To | undefined): To | undefined {
  for (const value of list) {
    const found = map(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
