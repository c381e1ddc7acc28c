// Why a source leads to no socket. Comes after find-socket.ts, where no path of paths.ts led on.
import { Failure } from "../errors";
import { hidingRuntime } from "../runtime";
import { isServer } from "./server";

/** Whether `value` is of that kind. May throw for a value without the property. */
// oxlint-disable-next-line typescript/no-explicit-any -- each knows objects that sockinfo has no types of
type Test = (value: any) => boolean;

/** Never throws, whatever the source does. */
export function whyNoSocket(source: object): Failure {
  const isOfRequest = hasWebRequest(source);
  const runtime = hidingRuntime();
  if (runtime && (isOfRequest || OWN_TESTS.some((test) => matches(test, source)))) {
    const detail = `${runtime}'s own servers and sockets lead to no socket of node:net`;
    return Failure.of("ERR_SOCKINFO_UNSUPPORTED_RUNTIME", detail);
  }
  return Failure.of("ERR_SOCKINFO_NO_SOCKET", isOfRequest ? WITH_WEB_REQUEST : undefined);
}

const WITH_WEB_REQUEST =
  "a web Request does not lead to its socket. In its handler getCurrentSocket() of sockinfo/connections is the socket";

/**
 * A web Request, and what frameworks hand to handlers with nothing but one: Hono's c and c.req, events of SvelteKit,
 * h3 and Elysia.
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

/** By what it has: there are several classes of that name, undici's and the frameworks' own. */
function isWebRequest(value: unknown): boolean {
  const { url, method, headers, clone } = value as Partial<Request>;
  return typeof clone === "function" && typeof url === "string" && typeof method === "string" && headers !== undefined;
}

/**
 * What Bun and Deno have instead of Node's objects, besides requests. By what it has: most of these have no class that
 * a program can name. Asked on Bun and Deno only.
 */
const OWN_TESTS: readonly Test[] = [
  // Bun.serve's server, the second argument of its handlers.
  ({ requestIP }) => typeof requestIP === "function",
  // Bun's servers of node:http, which are not of node:net's class.
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
