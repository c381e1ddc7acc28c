// Lets the same client visit two servers: a plain one, and an enabled one on which no handler hijacks. Compares what
// the client receives, byte for byte, and what the handler's request and response emit.
import type { IncomingMessage, RequestListener, ServerOptions, ServerResponse, Server } from "node:http";
import type { Duplex } from "node:stream";
import { until } from "../../helpers/servers";
import { pauses } from "./pauses";
import { type Kind, Received, connectTo, serve } from "./servers";

export interface Seen {
  readonly received: string;
  /** The events of each request, in order. */
  readonly requests: readonly (readonly string[])[];
  readonly responses: readonly (readonly string[])[];
  /** The order in which requests are aborted and responses are closed. */
  readonly order: readonly string[];
}

export interface Visit {
  readonly kind?: Kind;
  readonly options?: ServerOptions;
  readonly handler: RequestListener;
  readonly prepare?: (server: Server) => void;
  /** Resolves when the client has done all that it does. */
  readonly client: (client: Duplex, received: Received) => Promise<void>;
}

const REQUEST_EVENTS = ["aborted", "close", "end", "error"];
const RESPONSE_EVENTS = ["close", "drain", "error", "finish", "pipe", "timeout", "unpipe"];

/** Returns the result of the plain server first, then that of the enabled one. */
export async function compare(visit: Visit): Promise<[Seen, Seen]> {
  return [await visitOnce(visit, false), await visitOnce(visit, true)];
}

async function visitOnce(
  { kind = "http", handler, client: act, options, prepare }: Visit,
  isEnabled: boolean,
): Promise<Seen> {
  const [requests, responses]: [string[][], string[][]] = [[], []];
  const order: string[] = [];
  let open = 0;
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(note(request, REQUEST_EVENTS));
    responses.push(note(response, RESPONSE_EVENTS));
    request.on("aborted", () => order.push("request aborted"));
    response.on("close", () => order.push("response closed"));
    handler(request, response);
  };
  const server = await serve(kind, listener, options, { isEnabled });
  prepare?.(server);
  server.on("connection", (socket) => {
    open += 1;
    socket.on("close", () => (open -= 1));
  });
  const client = await connectTo(server, kind);
  const received = new Received(client);
  await act(client, received);
  client.end();
  await received.over;
  await until(() => open === 0);
  await pauses.twoImmediates();
  // Answers have a date, and the next second may have begun.
  return { received: received.text.replaceAll(/^Date: .*\r\n/gm, ""), requests, responses, order };
}

function note(emitter: IncomingMessage | ServerResponse, events: readonly string[]): string[] {
  const seen: string[] = [];
  for (const event of events) {
    emitter.on(event, (detail: unknown) => {
      const { code } = (detail ?? {}) as { code?: string };
      const name = code === undefined ? event : `${event} ${code}`;
      // The buffers decide how often 'drain' is emitted.
      if (name !== "drain" || !seen.includes(name)) seen.push(name);
    });
  }
  return seen;
}
