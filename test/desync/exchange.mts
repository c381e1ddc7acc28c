// The record of one request: what its handler and its owner have seen.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export interface Exchange {
  readonly event: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse | undefined;
  readonly isEnabled: boolean;
  /** The events of request and response, in order. */
  readonly events: string[];
  body: string;
  /** Whether and when `hijack()` was called. */
  asked: "early" | "late" | undefined;
  /** `released` unless that was refused. */
  outcome: "owned" | "released" | undefined;
  readonly codes: string[];
  /** `head`, and the bytes that came from the socket after it. */
  owned: string;
  ownedEnd: string | undefined;
}

/** The key is the server's end of the connection. */
export const exchangesOf = new WeakMap<Duplex, Exchange[]>();

export function noteExchange(
  event: string,
  isEnabled: boolean,
  request: IncomingMessage,
  response: ServerResponse | undefined,
): Exchange {
  const exchange: Exchange = {
    event,
    request,
    response,
    isEnabled,
    events: [],
    body: "",
    asked: undefined,
    outcome: undefined,
    codes: [],
    owned: "",
    ownedEnd: undefined,
  };
  if (response) response.sendDate = false;
  const note = (what: string) => () => void exchange.events.push(what);
  for (const name of ["end", "aborted", "error", "close"]) request.on(name, note(`request ${name}`));
  for (const name of ["finish", "error", "close"]) response?.on(name, note(`response ${name}`));
  exchangesOf.get(request.socket)?.push(exchange);
  return exchange;
}

export type View = ReturnType<typeof viewOf>;

/** A copy of the record as it is now. */
export function viewOf({ request, event, body, asked, outcome, owned, ownedEnd, events, codes }: Exchange) {
  const { method, url, rawHeaders, rawTrailers, complete, aborted, httpVersion } = request;
  return {
    request: { event, method, url, httpVersion, rawHeaders: [...rawHeaders] },
    event,
    body,
    asked,
    outcome,
    owned,
    ownedEnd,
    end: { rawTrailers: [...rawTrailers], complete, aborted, events: events.join(", ") },
    codes: [...codes],
  };
}
