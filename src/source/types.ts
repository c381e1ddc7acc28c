// The types of sources, described by structure, so that frameworks' objects fit without an import of their types.
import type { Http2ServerRequest, Http2ServerResponse, Http2Session, Http2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Requests, responses and client requests of http and https; Express, Fastify's request, Koa's ctx. */
interface HasSocket {
  readonly socket: Socket | null | undefined;
}

/**
 * Objects that have Node's request or response: of Koa, Fastify, hapi and socket.io, and contexts of Yoga and tRPC.
 */
type HasRequest =
  | { readonly req: HasSocket }
  | { readonly request: HasSocket }
  | { readonly raw: HasSocket }
  | { readonly raw: { readonly req: HasSocket } };

/** The `runtime` of srvx, and of h3 on it. Its `node` is absent outside Node. */
interface HasRuntime {
  readonly runtime?: { readonly node?: { readonly req: HasSocket | Http2ServerRequest } | undefined } | undefined;
}

/**
 * A Request of srvx, which may be typed as a web Request. `method` and `clone` reject objects that only have a `url`.
 */
interface WebRequest extends HasRuntime {
  readonly url: string;
  readonly method: string;
  clone(): unknown;
}

/** Events of h3 (versions 1 and 2), Nitro and SvelteKit; Elysia's context; Yoga's context as Yoga types it. */
type HasWebRequest =
  | { readonly node: { readonly req: HasSocket } }
  | { readonly req: WebRequest }
  | { readonly request: WebRequest };

/** Hono's context. On @hono/node-server it has `env.incoming`, which the types of many apps lack. */
interface HonoContext {
  readonly env: unknown;
  readonly req: { readonly raw: { readonly url: string } };
}

/** A WebSocket of ws, on either side. Its types lack its socket. */
interface WsWebSocket {
  readonly readyState: number;
  ping(data?: unknown, mask?: boolean, callback?: (error: Error) => void): void;
  terminate(): void;
}

/**
 * Anything that leads to one socket: an argument of a handler of node:http, https, http2 or a framework, the socket
 * itself, or a descriptor number. docs/sources.md lists all kinds, and where each keeps its socket.
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
