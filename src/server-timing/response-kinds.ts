// The one table of the objects that a header can be appended to. Each framework has its own call for that, because some
// keep the headers until they answer, and would overwrite what was set on Node's response.

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

interface HonoResponse {
  header(name: string, value: string, options: { append: true }): unknown;
}

/** Of h3, from version 2 on. */
interface H3Event {
  readonly res: { readonly headers: { append(name: string, value: string): unknown } };
}

/** What a handler has of its response, in each framework. */
export type ServerTimingResponse = NodeResponse | FastifyReply | KoaContext | HonoResponse | H3Event;

/** Appends to a response of one kind. */
type Append = (value: string) => void;

/** Finds the call that appends. `undefined` for an object that is not in the table, or whose properties throw. */
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
  if (isFunction(res?.header)) return (value) => res.header(NAME, value, { append: true });
  const headers = res?.res?.headers;
  return isFunction(headers?.append) ? (value) => headers.append(NAME, value) : undefined;
}

/** Whether it is too late: `headersSent` is Node's, `headerSent` Koa's, and `raw` is the response behind Fastify's. */
export function hasSentHeaders(response: unknown): boolean {
  const { headersSent, headerSent, raw } = response as {
    headersSent?: boolean;
    headerSent?: boolean;
    raw?: { headersSent?: boolean };
  };
  return headersSent === true || headerSent === true || raw?.headersSent === true;
}

/** Keeps a list as a list: each element is a header line of its own. */
function join(before: HeaderValue, value: string): string | string[] {
  if (Array.isArray(before)) return [...before, value];
  return before === undefined || before === "" ? value : `${before}, ${value}`;
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}
