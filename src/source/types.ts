// What the public functions take, by structure: objects of the frameworks fit without sockinfo knowing their types.
import type { Http2ServerRequest, Http2ServerResponse, Http2Session, Http2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Has the socket itself: requests, responses and client requests of http and https, Express, Fastify's request, Koa's ctx. */
interface HasSocket {
  readonly socket: Socket | null | undefined;
}

/** Has Node's request or response one step on: Koa, Fastify's reply, hapi, socket.io, contexts of Yoga and tRPC. */
type HasRequest =
  | { readonly req: HasSocket }
  | { readonly request: HasSocket }
  | { readonly raw: HasSocket }
  | { readonly raw: { readonly req: HasSocket } };

/** What srvx, and h3 on it, say of the runtime; absent outside Node. */
interface HasRuntime {
  readonly runtime?: { readonly node?: { readonly req: HasSocket | Http2ServerRequest } | undefined } | undefined;
}

/** A Request of srvx, whose users have it as a plain web Request, too. `method` and `clone` keep out what merely has an url. */
interface WebRequest extends HasRuntime {
  readonly url: string;
  readonly method: string;
  clone(): unknown;
}

/** The events of h3, versions 1 and 2, and Nitro; Elysia's context, SvelteKit's event, Yoga's context as Yoga types it. */
type HasWebRequest =
  | { readonly node: { readonly req: HasSocket } }
  | { readonly req: WebRequest }
  | { readonly request: WebRequest };

/** Hono's context: `env.incoming` is there on @hono/node-server, but not in the types of every app. */
interface HonoContext {
  readonly env: unknown;
  readonly req: { readonly raw: { readonly url: string } };
}

/** A WebSocket of ws, on either side. Its socket is not in its types. */
interface WsWebSocket {
  readonly readyState: number;
  ping(data?: unknown, mask?: boolean, callback?: (error: Error) => void): void;
  terminate(): void;
}

/**
 * Whatever leads to one socket: what a handler of node:http, https, http2 or of a framework is given, the socket itself, or
 * the number of a descriptor. The list with the way to each socket: docs/sources.md.
 */
export type SocketSource =
  | number
  | Socket
  | HasSocket
  | HasRequest
  | Http2ServerRequest
  | Http2ServerResponse
  | Http2Session
  | Http2Stream
  | WsWebSocket
  | HonoContext
  | HasWebRequest
  | WebRequest
  | Duplex;
