// Decides who may see the page. There is one kind of door for each way that leads to it.
import { hostOf, isLoopbackHost } from "./cross-site";
import { type PageRequestSource, type PageResponse, type Refusal, targetOf } from "./http";
import type { PageToken } from "./token";

export type Authorize = (request: PageRequestSource) => boolean | Promise<boolean>;

export interface Door {
  /** Refuses wrong hosts and addresses, before anything else is looked at. */
  readonly refuse: (request: PageRequestSource) => Refusal | undefined;
  /** Asked for each request, and again every few seconds while an event stream lives. */
  readonly authorize: Authorize;
  /** The answer to requests that are not authorized. */
  readonly denial: Refusal;
  /** Answers a request that brings a token. Returns false if it does not. */
  readonly exchange: (request: PageRequestSource, response: PageResponse) => boolean;
}

const WRONG_HOST: Refusal = {
  status: 421,
  text: "The Host header must be a loopback name with the port of this page.",
};
const NOT_FOUND: Refusal = { status: 404, text: "There is nothing here." };
const NO_TOKEN: Refusal = { status: 401, text: "Open the address with the token, which the program printed." };
const DENIED: Refusal = { status: 403, text: "You are not authorized to see this page." };

/** For the handler, and for addresses that other machines reach. The caller decides about each request. */
export function authorizedDoor(authorize: Authorize, isLoopback: boolean): Door {
  const refuse = (request: PageRequestSource): Refusal | undefined =>
    !isLoopback || isLoopbackHost(hostOf(request), undefined) ? undefined : WRONG_HOST;
  return { refuse, authorize, denial: DENIED, exchange: () => false };
}

/** For the handler of a page without `authorize`. Its first request causes a warning. */
export function closedDoor(): Door {
  let hasWarned = false;
  const authorize = (): boolean => {
    if (hasWarned) return false;
    hasWarned = true;
    process.emitWarning(
      "A request to the page of createConnectionsPage() was refused, because nothing says who may see it. " +
        "Pass { authorize } to createConnectionsPage(), or call page.listen()",
      "SocketInfoWarning",
    );
    return false;
  };
  return { refuse: () => undefined, authorize, denial: DENIED, exchange: () => false };
}

/** The owner of the socket's file, and the gate in front of the server, have decided about the peer. */
export const UNIX_DOOR: Door = {
  // A forwarded socket is reached by a browser, and so by each site that the browser shows.
  refuse: (request) => (isLoopbackHost(hostOf(request), undefined) ? undefined : WRONG_HOST),
  authorize: () => true,
  denial: DENIED,
  exchange: () => false,
};

export function tokenDoor(token: PageToken, port: number): Door {
  return {
    refuse: (request) => {
      if (!isLoopbackHost(hostOf(request), port)) return WRONG_HOST;
      const { path } = targetOf(request);
      return path.startsWith(token.folder) && !path.includes("/", token.folder.length) ? undefined : NOT_FOUND;
    },
    authorize: (request) => token.isIn(request),
    denial: NO_TOKEN,
    exchange: (request, response) => token.exchange(request, response),
  };
}
