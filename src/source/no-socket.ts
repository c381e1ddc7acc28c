// Says why a source leads to no socket: it is a web Request, an object of Bun or Deno, or unknown to sockinfo.
import { Failure } from "../errors";
import { otherRuntime } from "../runtime";
import { isServer } from "./server";

/** Whether `value` is of one kind. May throw for a value that lacks a property. */
// oxlint-disable-next-line typescript/no-explicit-any -- the values are objects that sockinfo has no types of
type Test = (value: any) => boolean;

/** Never throws, whatever the source does. */
export function whyNoSocket(source: object): Failure {
  const leadsToRequest = hasWebRequest(source);
  const runtime = otherRuntime();
  if (runtime && (leadsToRequest || RUNTIME_KINDS.some((test) => matches(test, source)))) {
    const detail = `${runtime}'s own servers and sockets lead to no socket of node:net`;
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail);
  }
  if (leadsToRequest) return Failure.of("ERR_SOCKINFO_NO_SOCKET", WEB_REQUEST_DETAIL);
  const listens = matches(({ listen }) => typeof listen === "function", source);
  return Failure.of("ERR_SOCKINFO_NO_SOCKET", listens ? SERVER_DETAIL : UNKNOWN_DETAIL);
}

const WEB_REQUEST_DETAIL =
  "a web Request does not lead to its socket. In its handler call getCurrentSocket() of sockinfo/connections";

const SERVER_DETAIL =
  "it is a server or an application, which has many connections. Pass the request of a handler, or getFd(server) for " +
  "its listening socket";

const UNKNOWN_DETAIL =
  "it is a mock, or an object of an unknown kind. docs/sources.md lists the kinds that sockinfo accepts";

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

/** Checks properties and not the class, because undici and some frameworks each have their own class `Request`. */
function isWebRequest(value: unknown): boolean {
  const { url, method, headers, clone } = value as Partial<Request>;
  return typeof clone === "function" && typeof url === "string" && typeof method === "string" && headers !== undefined;
}

/**
 * Objects other than requests that Bun and Deno have instead of Node's. The tests check properties, because a program
 * can't name the classes of most of these objects. Used on Bun and Deno only.
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
