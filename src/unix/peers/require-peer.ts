// requirePeer(): the same rules for single routes, as a middleware. The rule: peer-rule.ts.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Failure, readFunction, type Readers, readOptions } from "../../core";
import { findPeerObstacle } from "./peer-obstacle";
import { type PeerRefusal, refusalOf } from "./peer-refusal";
import { compileRule, type PeerRule } from "./peer-rule";

/** Of {@link requirePeer}. */
export interface RequirePeerOptions {
  /** Told of each request that is refused, before it is answered. What it throws is the error of the request. */
  readonly onRefused?: ((refusal: PeerRefusal) => void) | undefined;
}

const OPTIONS: Readers<RequirePeerOptions> = { onRefused: readFunction };

/** What Fastify's hooks get, as far as it is used here. */
interface FastifyReplyLike {
  readonly raw: object;
  code(status: number): { send(body?: unknown): unknown };
}

/** What Koa's middlewares get, as far as it is used here. */
interface KoaContextLike {
  readonly req: IncomingMessage;
  status: number;
}

/** A middleware of Connect, Express, Nest, restify and polka; a hook of Fastify; a middleware of Koa. */
export interface PeerMiddleware {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  (request: { readonly raw: object }, reply: FastifyReplyLike, done: (error?: Error) => void): void;
  /** A promise, which is not said: Fastify's types would take all of this for an async hook. */
  (context: KoaContextLike, next: () => Promise<unknown>): unknown;
}

/**
 * Lets requests pass only of peers that the rule names, as {@link allowPeers} does connections. Others get 403, and no later handler is called.
 *
 * A middleware for Connect, Express and the like (`app.use("/admin", requirePeer(rule))`), a hook for Fastify (`onRequest`, `preHandler`; of
 * the whole instance or of a route) and a middleware for Koa: it sees what it is called with.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT`: a rule or options of a wrong kind. Where the kernel can't be asked, and every
 * request would get 403: the code of `getUnsupportedReason()` (Bun and Deno, Windows, no native module), or
 * `ERR_SOCKINFO_SYSTEM_CALL_DENIED` (a sandbox).
 * @example
 * app.post("/shutdown", requirePeer({ uids: [0] }), (req, res) => …);
 */
export function requirePeer(rule: PeerRule, options: RequirePeerOptions = {}): PeerMiddleware {
  const read = findPeerObstacle() ?? readOptions("options", options, OPTIONS);
  if (read instanceof Failure) throw read.toError(requirePeer);
  const compiled = compileRule(rule);
  if (compiled instanceof Failure) throw compiled.toError(requirePeer);
  const { onRefused } = read;

  /** Whether it may pass. */
  function passes(source: object): boolean {
    const refusal = refusalOf(compiled as Exclude<typeof compiled, Failure>, source);
    if (refusal) onRefused?.(refusal);
    return refusal === undefined;
  }

  // Three parameters: frameworks look at how many there are.
  function middleware(first: object, second: unknown, third: unknown): void | Promise<unknown> {
    if (typeof third !== "function") return inKoa(first as KoaContextLike, second as () => Promise<unknown>);
    let maySeeIt: boolean;
    try {
      maySeeIt = passes(first);
    } catch (error) {
      return void third(error);
    }
    if (maySeeIt) return void third();
    if (isReply(second)) return void second.code(403).send();
    (second as ServerResponse).writeHead(403, { "content-length": 0 }).end();
  }

  async function inKoa(context: KoaContextLike, next: () => Promise<unknown>): Promise<unknown> {
    if (passes(context)) return next();
    context.status = 403;
    return undefined;
  }

  return middleware as PeerMiddleware;
}

function isReply(value: unknown): value is FastifyReplyLike {
  return typeof (value as Partial<FastifyReplyLike>).code === "function";
}
