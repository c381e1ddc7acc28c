// Why a source leads to no socket: it is a web Request, an object of Bun or Deno, or an object unknown to sockinfo.
import { Failure } from "../errors";
import { otherRuntime } from "../runtime";
import { isServer } from "./server";

/** Whether `value` is of one kind. May throw for a value that lacks a property. */
// oxlint-disable-next-line typescript/no-explicit-any -- each knows objects that sockinfo has no types of
type Test = (value: any) => boolean;

/** Never throws, whatever the source does. */
export function whyNoSocket(source: object): Failure {
  const isOfRequest = hasWebRequest(source);
  const runtime = otherRuntime();
  if (runtime && (isOfRequest || RUNTIME_KINDS.some((test) => matches(test, source)))) {
    const detail = `${runtime}'s own servers and sockets lead to no socket of node:net`;
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail);
  }
  return Failure.of("ERR_SOCKINFO_NO_SOCKET", isOfRequest ? OF_WEB_REQUEST : OF_UNKNOWN);
}

const OF_WEB_REQUEST =
  "a web Request does not lead to its socket. In its handler getCurrentSocket() of sockinfo/connections returns it";

const OF_UNKNOWN = "it is a mock, or an object that sockinfo does not know. docs/sources.md lists those that it knows";

/**
 * True for a web Request, and for frameworks' objects that lead to nothing but one: Hono's c and c.req, events of
 * SvelteKit, h3 and Elysia.
 */
function hasWebRequest(source: object): boolean {
  const kinds: readonly Test[] = [
    isWebRequest,
    ({ request }) => isWebRequest(request),
    ({ raw }) => isWebRequest(raw),
    ({ req }) => isWebRequest(req),
    ({ req }) => isWebRequest(req.raw),
  ];
  return kinds.some((test) => matches(test, source));
}

/** Checks properties, not the class: undici and some frameworks each have a class of that name. */
function isWebRequest(value: unknown): boolean {
  const { url, method, headers, clone } = value as Partial<Request>;
  return typeof clone === "function" && typeof url === "string" && typeof method === "string" && headers !== undefined;
}

/**
 * Objects that Bun and Deno have instead of Node's, besides requests. Checks properties, because most of these have no
 * class that a program can name. Used on Bun and Deno only.
 */
const RUNTIME_KINDS: readonly Test[] = [
  // Bun.serve's server, the second argument of its handlers.
  ({ requestIP }) => typeof requestIP === "function",
  // Bun's servers of node:http, which are not instances of node:net's class.
  (value) => typeof value.listen === "function" && typeof value.address === "function" && !isServer(value),
  // Sockets of Bun.listen and Bun.connect.
  ({ remoteAddress, reload }) => typeof remoteAddress === "string" && typeof reload === "function",
  // ServerWebSocket of Bun, WebSocket of Deno.upgradeWebSocket and of clients, Hono's WSContext.
  ({ readyState, send }) => typeof readyState === "number" && typeof send === "function",
  // Elysia's ws.
  ({ raw }) => typeof raw.readyState === "number" && typeof raw.send === "function",
  // Deno.serve's info, the second argument of its handlers; Deno.Conn.
  ({ remoteAddr }) => typeof remoteAddr === "object" && remoteAddr !== null,
  // Deno.HttpServer and Deno.Listener.
  ({ addr, ref }) => typeof addr === "object" && addr !== null && typeof ref === "function",
];

function matches(test: Test, value: object): boolean {
  try {
    return test(value);
  } catch {
    return false;
  }
}
