// createConnectionsPage: tracker → a handler that serves the page, with a `listen` and a `close`.
import {
  type Closeable,
  Failure,
  loadDiagnosis,
  readBoolean,
  readFunction,
  type Readers,
  readOptions,
  refuseNonTracker,
} from "../core";
import type { ConnectionTracker } from "../connections";
import { answer } from "./answer";
import { ClosedConnections } from "./closed-connections";
import { authorizedDoor, closedDoor, type Door } from "./door";
import type { PageRequestSource, PageResponse } from "./http";
import { listen, type Listener, type PageListenOptions } from "./listen";
import { addressText, maskedText } from "./texts";
import { Viewers } from "./viewers";

export type { PageListenOptions, PageRequestSource, PageResponse };

export interface ConnectionsPageOptions {
  /**
   * Decides who may see the page, by returning `true` or a promise of it. Any other result is a refusal, and so is an
   * error. It is called for each request to the handler and to `listen({ host, port })`, and every five seconds while
   * an event stream lives: the stream ends with the authorization. Without it, the handler refuses every request.
   */
  readonly authorize?: ((request: PageRequestSource) => boolean | Promise<boolean>) | undefined;
  /**
   * Whether the addresses of clients are shown without their last part and port: `192.0.2.x`, `2001:db8:0:x`.
   * Default: `false`.
   */
  readonly maskAddresses?: boolean | undefined;
}

/** The page of a tracker: a handler for servers of node:http, https and http2, and for Connect. */
export interface ConnectionsPage extends Closeable {
  (request: PageRequestSource, response: PageResponse): void;
  /**
   * Opens a server for the page alone. It does not keep the process alive.
   *
   * - A path: a Unix socket of mode `0o600`. Only this process's user and root may connect.
   * - A port: on 127.0.0.1. Every user of the machine can connect, so the result has a secret token.
   * - `{ host, port }`: an address that other machines may reach. `authorize` decides about each request.
   *
   * @returns The address to print, for a browser or for `npx sockinfo top`.
   * @throws {SocketInfoError} As the promise's rejection: `ERR_SOCKINFO_INVALID_ARGUMENT`, `ERR_SOCKINFO_NOT_ENABLED`
   * (the page is closed), `ERR_SOCKINFO_LISTENER_NOT_OWNED` (a path in a worker of node:cluster), `EADDRINUSE`,
   * `EACCES` and what else the system or `listenUnix` reports.
   */
  listen(where: string | number | PageListenOptions): Promise<string>;
  /** Ends all streams and listeners, and stops following the tracker, which goes on. */
  close(): void;
}

const OPTIONS: Readers<ConnectionsPageOptions> = { authorize: readFunction, maskAddresses: readBoolean };

/**
 * Makes a page that shows the tracker's connections in a browser, and the event stream that `npx sockinfo top` reads.
 * It is read-only. While a viewer is there, it reads `getsockopt(fd, IPPROTO_TCP, TCP_INFO)` of every connection once a
 * second, in slices. Otherwise it only counts connections, and keeps small summaries of the 200 that closed last.
 *
 * The page closes when the tracker does.
 *
 * @throws {SocketInfoError} `ERR_SOCKINFO_INVALID_ARGUMENT` (not a tracker, or a wrong option),
 * `ERR_SOCKINFO_TRACKER_CLOSED`.
 * @example
 * const page = createConnectionsPage(trackConnections(server));
 * console.log(await page.listen("/run/app/connections.sock"));
 * @see tcp(7)
 */
export function createConnectionsPage<Context>(
  tracker: ConnectionTracker<Context>,
  options: ConnectionsPageOptions = {},
): ConnectionsPage {
  const page = create(tracker, options);
  if (page instanceof Failure) throw page.toError(createConnectionsPage);
  return page;
}

function create(tracker: unknown, options: unknown): ConnectionsPage | Failure {
  const refusal = refuseNonTracker(tracker);
  if (refusal) return refusal;
  const read = readOptions<ConnectionsPageOptions>("options", options, OPTIONS);
  if (read instanceof Failure) return read;
  return start(tracker as ConnectionTracker<unknown>, read);
}

function start(
  tracker: ConnectionTracker<unknown>,
  { authorize, maskAddresses = false }: ConnectionsPageOptions,
): ConnectionsPage | Failure {
  // Later there may be no descriptor left to read a file with.
  const diagnosis = loadDiagnosis();
  if (diagnosis instanceof Failure) return diagnosis;
  const remoteText = maskAddresses ? maskedText : addressText;
  const closed = new ClosedConnections(tracker, remoteText, () => close());
  const failure = closed.tryStart();
  if (failure) return failure;
  let viewers: Viewers | undefined = new Viewers(tracker, closed, remoteText);
  const listeners = new Set<Listener>();
  const ownDoor = authorize ? authorizedDoor(authorize, false) : closedDoor();

  const handle = (request: PageRequestSource, response: PageResponse, door: Door): void => {
    // A rejection would end the process. The client has gone, or other code has broken the response.
    answer(request, response, door, () => viewers).catch(() => response.destroy());
  };
  const listenAt = async (where: unknown): Promise<string> => {
    const listener = viewers === undefined ? closedFailure() : await listen(where, authorize, handle);
    // The page may have been closed meanwhile.
    if (!(listener instanceof Failure) && viewers === undefined) {
      listener.close();
      throw closedFailure().toError(page.listen);
    }
    if (listener instanceof Failure) throw listener.toError(page.listen);
    listeners.add(listener);
    return listener.address;
  };
  const close = (): void => {
    viewers?.close();
    viewers = undefined;
    closed.stop();
    for (const listener of listeners) listener.close();
    listeners.clear();
  };
  const page: ConnectionsPage = Object.assign(
    (request: PageRequestSource, response: PageResponse): void => handle(request, response, ownDoor),
    { listen: listenAt, close, [Symbol.dispose]: close },
  );
  return page;
}

function closedFailure(): Failure {
  return Failure.of("ERR_SOCKINFO_NOT_ENABLED", "the page is closed. Make another one with createConnectionsPage()");
}
