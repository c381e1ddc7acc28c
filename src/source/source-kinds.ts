// The one table of the objects that sockinfo takes, and of where each keeps its request or its socket. A new framework
// is one line here. The list is explicit, because a search would touch getters, and some getters create things.

/** Leads from a source to its request or socket. A missing property leads to `undefined`. A getter may throw. */
// oxlint-disable-next-line typescript/no-explicit-any -- each step knows objects that sockinfo has no types of
type Step = (source: any) => unknown;

export interface SourceKind {
  /** The framework or class that these objects are from. */
  readonly owner: string;
  readonly toSocket: Step;
  /** To the request: an IncomingMessage or ServerResponse of Node. Only for sources that belong to one request. */
  readonly toRequest?: Step;
}

/**
 * Tried in this order. Missing here is `source.socket`: nearly every source has its socket there, so find-socket.ts
 * looks there first.
 */
export const SOURCE_KINDS: readonly SourceKind[] = [
  // Before every other way over `req`: Hono creates `c.req` at the first access.
  withRequest("Hono's c, on @hono/node-server", (s) => s.env?.incoming),
  withSocket("a WebSocket of ws", (s) => s._socket),
  withRequest("http.ServerResponse after 'finish', Koa, contexts with req (Yoga, tRPC)", (s) => s.req),
  withRequest("Fastify's request and reply", (s) => s.raw),
  withRequest("hapi's request, Fastify's reply after 'finish'", (s) => s.raw?.req),
  withRequest("h3's event", (s) => s.node?.req),
  withRequest("a Request of srvx", (s) => s.runtime?.node?.req),
  withRequest("h3's event, without event.node", (s) => s.req?.runtime?.node?.req),
  withRequest("Elysia's context, on @elysiajs/node", (s) => s.request?.runtime?.node?.req),
  // Before `request`, which has the connection of the handshake: an upgrade or a later poll may use another one.
  // None of these has a request: a poll carries messages, and the source outlives it.
  withSocket("a Socket of socket.io, over WebSocket", (s) => s.conn?.transport?.socket?._socket),
  withSocket("a Socket of socket.io, polling", (s) => s.conn?.transport?.req?.socket),
  withSocket("a Socket of engine.io, over WebSocket", (s) => s.transport?.socket?._socket),
  withSocket("a Socket of engine.io, polling", (s) => s.transport?.req?.socket),
  withSocket("a Socket of socket.io or engine.io, between two polls", (s) => s.request?.socket),
  withRequest("SvelteKit's event, on adapter-node", (s) => s.platform?.req),
  // Only an HTTP/2 stream has `rstCode`. Elsewhere `session` may be a lazy getter of session middleware.
  withSocket("an Http2Stream", (s) => ("rstCode" in s ? s.session?.socket : undefined)),
  withSocket("the stream of 'upgrade' on Node 26, when a body follows", (s) => upgradeRequestOf(s)?.socket),
];

function withSocket(owner: string, toSocket: Step): SourceKind {
  return { owner, toSocket };
}

function withRequest(owner: string, toRequest: Step): SourceKind {
  const toSocket: Step = (source) => (toRequest(source) as { socket?: unknown } | null | undefined)?.socket;
  return { owner, toSocket, toRequest };
}

/** Node 26 passes a stream over the socket to 'upgrade'. It leads to the socket only by its request, under a symbol. */
function upgradeRequestOf(stream: object): { socket?: unknown } | undefined {
  if (stream.constructor.name !== "UpgradeStream") return undefined;
  const symbol = Object.getOwnPropertySymbols(stream).find(({ description }) => description === "IncomingMessage");
  return symbol && (stream as Record<symbol, object>)[symbol];
}
