// requirePeer(): applies a rule to the requests of single routes, as a middleware.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Failure, readFunction, type Readers, readOptions } from "../../core";
import { refuseUnreadablePeers } from "./unreadable-peers";
import { type PeerRefusal, findRefusal } from "./peer-refusal";
import { compileRule, type PeerRule } from "./peer-rule";

/** The options of {@link requirePeer}. */
export interface RequirePeerOptions {
  /** Called for each refused request, before it is answered. An exception becomes the error of the request. */
  readonly onRefused?: ((refusal: PeerRefusal) => void) | undefined;
}

const OPTIONS: Readers<RequirePeerOptions> = { onRefused: readFunction };

/** The part of Fastify's reply that requirePeer() uses. */
interface FastifyReplyLike {
  readonly raw: object;
  code(status: number): { send(body?: unknown): unknown };
}

/** The part of Koa's context that requirePeer() uses. */
interface KoaContextLike {
  readonly req: IncomingMessage;
  status: number;
}

/** A middleware for Connect, Express, Nest, restify and polka; a hook for Fastify; a middleware for Koa. */
export interface PeerMiddleware {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  (request: { readonly raw: object }, reply: FastifyReplyLike, done: (error?: Error) => void): void;
  /** Returns a promise. Typed as `unknown`, because Fastify's types would take the interface for an async hook. */
  (context: KoaContextLike, next: () => Promise<unknown>): unknown;
}

/**
 * Answers 403 to every request from a peer that the rule does not admit, and calls no later handler for it. It does
 * for requests what {@link allowPeers} does for connections.
 *
 * The result works in three kinds of frameworks, which it recognises by its arguments. It is a middleware for Connect,
 * Express and frameworks with their signature: `app.use("/admin", requirePeer(rule))`. It is a hook for Fastify
 * (`onRequest`, `preHandler`), for the instance or for a route. And it is a middleware for Koa.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`: a rule or options of a wrong kind.
 * `ERR_SOCKINFO_UNSUPPORTED_RUNTIME` on Bun and Deno. If this process can't read peers, so that every request would get
 * 403: the code of `getUnsupportedReason()` (Windows, no native module), or `ERR_SOCKINFO_SYSTEM_CALL_DENIED` (a
 * sandbox).
 * @example
 * app.post("/shutdown", requirePeer({ uids: [0] }), (req, res) => …);
 */
export function requirePeer(rule: PeerRule, options: RequirePeerOptions = {}): PeerMiddleware {
  const read = refuseUnreadablePeers() ?? readOptions("options", options, OPTIONS);
  if (read instanceof Failure) throw read.toError(requirePeer);
  const compiled = compileRule(rule);
  if (compiled instanceof Failure) throw compiled.toError(requirePeer);
  const { onRefused } = read;

  function mayPass(source: object): boolean {
    const refusal = findRefusal(compiled as Exclude<typeof compiled, Failure>, source);
    if (refusal) onRefused?.(refusal);
    return refusal === undefined;
  }

  // It has three parameters, because frameworks check the number.
  function middleware(first: object, second: unknown, third: unknown): void | Promise<unknown> {
    if (typeof third !== "function") return inKoa(first as KoaContextLike, second as () => Promise<unknown>);
    let isAdmitted: boolean;
    try {
      isAdmitted = mayPass(first);
    } catch (error) {
      return void third(error);
    }
    if (isAdmitted) return void third();
    if (isReply(second)) return void second.code(403).send();
    (second as ServerResponse).writeHead(403, { "content-length": 0 }).end();
  }

  async function inKoa(context: KoaContextLike, next: () => Promise<unknown>): Promise<unknown> {
    if (mayPass(context)) return next();
    context.status = 403;
    return undefined;
  }

  return middleware as PeerMiddleware;
}

function isReply(value: unknown): value is FastifyReplyLike {
  return typeof (value as Partial<FastifyReplyLike>).code === "function";
}
