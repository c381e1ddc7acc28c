// Where the objects of Node and of the frameworks keep their socket. An explicit list, tried in order by find-socket.ts;
// no search: searching touches getters, and some of those create things.

/** One place: whose objects have it, and how to get there. A step that is missing gives `undefined`, one may throw. */
export interface Path {
  readonly owner: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- each path knows objects that sockinfo has no types of
  readonly follow: (source: any) => unknown;
}

/** Not in this list, because nearly every source has it there and find-socket.ts looks first: `source.socket`. */
export const PATHS: readonly Path[] = [
  // Before every path over `req`: Hono makes `c.req` when it is first touched.
  { owner: "Hono's c, on @hono/node-server", follow: (s) => s.env?.incoming?.socket },
  { owner: "a WebSocket of ws", follow: (s) => s._socket },
  { owner: "http.ServerResponse after 'finish', Koa, contexts with req (Yoga, tRPC)", follow: (s) => s.req?.socket },
  { owner: "Fastify's reply", follow: (s) => s.raw?.socket },
  { owner: "hapi's request, Fastify's reply after 'finish'", follow: (s) => s.raw?.req?.socket },
  { owner: "h3's event", follow: (s) => s.node?.req?.socket },
  { owner: "a Request of srvx", follow: (s) => s.runtime?.node?.req?.socket },
  { owner: "h3's event, without event.node", follow: (s) => s.req?.runtime?.node?.req?.socket },
  { owner: "Elysia's context, on @elysiajs/node", follow: (s) => s.request?.runtime?.node?.req?.socket },
  // Before `request`: that is the connection of the handshake, which an upgrade or another poll has left behind.
  { owner: "a Socket of socket.io, over WebSocket", follow: (s) => s.conn?.transport?.socket?._socket },
  { owner: "a Socket of socket.io, polling", follow: (s) => s.conn?.transport?.req?.socket },
  { owner: "a Socket of engine.io, over WebSocket", follow: (s) => s.transport?.socket?._socket },
  { owner: "a Socket of engine.io, polling", follow: (s) => s.transport?.req?.socket },
  { owner: "a Socket of socket.io or engine.io, between two polls", follow: (s) => s.request?.socket },
  { owner: "SvelteKit's event, on adapter-node", follow: (s) => s.platform?.req?.socket },
  // `session` is a lazy getter of session middleware elsewhere, hence the look for what only an HTTP/2 stream has.
  { owner: "an Http2Stream", follow: (s) => ("rstCode" in s ? s.session?.socket : undefined) },
  { owner: "the stream of 'upgrade' on Node 26, when a body follows", follow: (s) => upgradedRequest(s)?.socket },
];

/** Node 26 hands out a stream over the socket there, which has its request behind a symbol and no other way to the socket. */
function upgradedRequest(stream: object): { socket?: unknown } | undefined {
  if (stream.constructor.name !== "UpgradeStream") return undefined;
  const symbol = Object.getOwnPropertySymbols(stream).find(({ description }) => description === "IncomingMessage");
  return symbol && (stream as Record<symbol, object>)[symbol];
}
