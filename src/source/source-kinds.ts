// The one table of the objects that sockinfo accepts, and of the properties that lead to their request or socket. The
// paths are explicit, because a search would touch getters, and some getters create things.
//
// A new framework is one line in this table, one row in docs/sources.md at the same place, and a test in
// test/frameworks/. If no shape in types.ts fits its object, add one there.

/**
 * Leads from a source to its request or socket. Each step is tried on sources of all kinds, so a missing property must
 * lead to `undefined`: use `?.`. If a getter throws, the next step is tried. The result may be of any class, because
 * the caller checks it.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- the sources are objects that sockinfo has no types of
type Step = (source: any) => unknown;

export interface SourceKind {
  /** The framework or class that these objects are from. For readers of the table only. */
  readonly owner: string;
  /** Leads to a `net.Socket`. */
  readonly toSocket: Step;
  /** Leads to an IncomingMessage or ServerResponse of Node. Only for sources that belong to one request. */
  readonly toRequest?: Step;
}

/**
 * Tried in this order. `source.socket` is not in the table, because find-socket.ts looks there first: nearly every
 * source has its socket there.
 */
export const SOURCE_KINDS: readonly SourceKind[] = [
  // Must come before every step that reads `req`, because Hono creates `c.req` at the first access.
  withRequest("Hono's c, on @hono/node-server", (s) => s.env?.incoming),
  withSocket("a WebSocket of ws", (s) => s._socket),
  withRequest("http.ServerResponse after 'finish', Koa, contexts with req (Yoga, tRPC)", (s) => s.req),
  withRequest("Fastify's request and reply", (s) => s.raw),
  withRequest("hapi's request, Fastify's reply after 'finish'", (s) => s.raw?.req),
  withRequest("h3's event", (s) => s.node?.req),
  withRequest("a Request of srvx", (s) => s.runtime?.node?.req),
  withRequest("h3's event, without event.node", (s) => s.req?.runtime?.node?.req),
  withRequest("Elysia's context, on @elysiajs/node", (s) => s.request?.runtime?.node?.req),
  // The last of these five has the connection of the handshake, but an upgrade or a later poll may use another one. So
  // the four others must come before it. None of the five leads to a request: a poll only carries messages, and the
  // source outlives it.
  withSocket("a Socket of socket.io, over WebSocket", (s) => s.conn?.transport?.socket?._socket),
  withSocket("a Socket of socket.io, polling", (s) => s.conn?.transport?.req?.socket),
  withSocket("a Socket of engine.io, over WebSocket", (s) => s.transport?.socket?._socket),
  withSocket("a Socket of engine.io, polling", (s) => s.transport?.req?.socket),
  withSocket("a Socket of socket.io or engine.io, between two polls", (s) => s.request?.socket),
  withRequest("SvelteKit's event, on adapter-node", (s) => s.platform?.req),
  // Only an HTTP/2 stream has `rstCode`. In other objects, `session` may be a lazy getter of session middleware.
  withSocket("an Http2Stream", (s) => ("rstCode" in s ? s.session?.socket : undefined)),
  withSocket("the stream of 'upgrade' on Node 26, when a body follows", (s) => upgradeRequestOf(s)?.socket),
];

/** For objects that lead to a socket, but belong to no single request of Node. */
function withSocket(owner: string, toSocket: Step): SourceKind {
  return { owner, toSocket };
}

/** For objects that lead to Node's request or response. The `socket` of that is the socket of the source. */
function withRequest(owner: string, toRequest: Step): SourceKind {
  const toSocket: Step = (source) => (toRequest(source) as { socket?: unknown } | null | undefined)?.socket;
  return { owner, toSocket, toRequest };
}

/**
 * Node 26 passes a stream over the socket to 'upgrade'. Only its request leads to the socket, and the stream has the
 * request under a symbol.
 */
function upgradeRequestOf(stream: object): { socket?: unknown } | undefined {
  if (stream.constructor.name !== "UpgradeStream") return undefined;
  const symbol = Object.getOwnPropertySymbols(stream).find(({ description }) => description === "IncomingMessage");
  return symbol && (stream as Record<symbol, object>)[symbol];
}
