// All objects that a header can be appended to, and the call of each framework that appends. Some frameworks keep the
// headers until they answer, and would overwrite a header that was set on Node's response.

const NAME = "Server-Timing";

type HeaderValue = number | string | string[] | undefined;

/** A response of node:http, https or http2, and of Express, polka, micro and Nest on Express. */
interface NodeResponse {
  getHeader(name: string): HeaderValue;
  setHeader(name: string, value: string | readonly string[]): unknown;
}

interface FastifyReply {
  getHeader(name: string): HeaderValue;
  header(name: string, value: string | string[]): unknown;
}

/** `ctx` and `ctx.response`. */
interface KoaContext {
  append(name: string, value: string): unknown;
}

/** Hono's `c`. Only `status()` distinguishes it from `c.req` and Express's `req`, whose `header()` reads a header. */
interface HonoResponse {
  status(code: never): unknown;
  header(name: string, value: string, options: { append: true }): unknown;
}

/** The event of h3, from version 2 on. */
interface H3Event {
  readonly res: { readonly headers: { append(name: string, value: string): unknown } };
}

/** The response, or the object that stands for it in a handler of each framework. */
export type ServerTimingResponse = NodeResponse | FastifyReply | KoaContext | HonoResponse | H3Event;

/** Appends to a response of one kind. */
type Append = (value: string) => void;

/** Finds the call that appends. Returns `undefined` for an unknown object, or one whose properties throw. */
export function findAppend(response: unknown): Append | undefined {
  try {
    return appendOf(response);
  } catch {
    return undefined;
  }
}

function appendOf(response: unknown): Append | undefined {
  // oxlint-disable-next-line typescript/no-explicit-any -- one of many classes, whose properties are checked
  const res = response as any;
  if (isFunction(res?.getHeader)) {
    if (isFunction(res.setHeader)) return (value) => res.setHeader(NAME, join(res.getHeader(NAME), value));
    if (isFunction(res.header)) return (value) => res.header(NAME, join(res.getHeader(NAME), value));
  }
  if (isFunction(res?.append)) return (value) => res.append(NAME, value);
  if (isFunction(res?.header) && isFunction(res.status)) {
    return (value) => res.header(NAME, value, { append: true });
  }
  const headers = res?.res?.headers;
  return isFunction(headers?.append) ? (value) => headers.append(NAME, value) : undefined;
}

interface MaybeSent {
  readonly headersSent?: boolean;
}

/**
 * Whether it is too late. `headersSent` is Node's and `headerSent` is Koa's. The others lead to Node's response: `raw`
 * in Fastify, `env` in Hono, `runtime` in h3. Hono's `finalized` is true too early: middleware can still append.
 */
export function hasSentHeaders(response: unknown): boolean {
  const { headersSent, headerSent, raw, env, runtime } = response as {
    headersSent?: boolean;
    headerSent?: boolean;
    raw?: MaybeSent;
    env?: { outgoing?: MaybeSent };
    runtime?: { node?: { res?: MaybeSent } };
  };
  const nodeResponses = [raw, env?.outgoing, runtime?.node?.res];
  return headersSent === true || headerSent === true || nodeResponses.some((each) => each?.headersSent === true);
}

/** An array stays an array, because each element becomes a header line of its own. */
function join(before: HeaderValue, value: string): string | string[] {
  if (Array.isArray(before)) return [...before, value];
  return before === undefined || before === "" ? value : `${before}, ${value}`;
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
